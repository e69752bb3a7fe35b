import { CancellationScope, isCancellation, log, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { GradeOutput, SampleOutput } from '../activities/contract.ts';
import { rolloutId } from '../domain/ids.ts';
import { deriveSeed } from '../domain/seeds.ts';
import type { RolloutResult, StopReason } from '../domain/trajectory.ts';
import { onHost, openSandbox, sampleTurn } from './activities.ts';
import { knownFailure, type KnownFailure } from './failures.ts';
import type { RolloutInput } from './inputs.ts';
import { headQuery, type RolloutHead } from './messages.ts';
import { said, TIMEOUT_IN, writtenTrajectory } from './rollout-parts.ts';
import { makeFindable } from './search-attributes.ts';

/** An agent that has not ended within an hour is stopped, and what it left is graded. */
const TIME_LIMIT_SECONDS = 3600;

type Host = ReturnType<typeof onHost>;

/**
 * One agent on one instance: a sandbox, turns until a stop reason, grading, record. A failure of the machinery is a
 * result with status `failed`, never an error of this workflow; a cancellation is recorded and passed on.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  return await new Rollout(input).run();
}

class Rollout {
  private readonly id: string;
  private readonly startedAt = Date.now();
  private host: Host | null = null;
  private head: string | null = null;
  private turn = 0;
  private phase: RolloutHead['phase'] = 'opening';

  private readonly input: RolloutInput;

  constructor(input: RolloutInput) {
    this.input = input;
    const { context, group, instance, member, attempt } = input;
    this.id = rolloutId(context.run, group, instance.instanceId, member, attempt);
    setHandler(headQuery, () => ({ head: this.head, turn: this.turn, phase: this.phase }));
  }

  async run(): Promise<RolloutResult> {
    try {
      await this.open();
      const stopReason = await this.converse();
      const grading = await this.grade();
      const result = await this.end({ status: 'scored', stopReason, failure: null, grading });
      await this.close();
      return result;
    } catch (error) {
      if (isCancellation(error)) {
        await CancellationScope.nonCancellable(async () => {
          await this.end({ status: 'cancelled', stopReason: 'cancelled', failure: null, grading: null });
          await this.close();
        });
        throw error;
      }
      const failure = knownFailure(error, TIMEOUT_IN[this.phase]);
      if (failure === null) throw error;
      log.warn('rollout failed', { type: failure.type, message: failure.message });
      return await CancellationScope.nonCancellable(async () => {
        const result = await this.end({ status: 'failed', stopReason: 'failed', failure, grading: null });
        // A lost host is left alone: it sweeps by itself when it comes back.
        if (failure.type !== 'Sandbox.Gone') await this.close();
        return result;
      });
    }
  }

  private async open(): Promise<void> {
    this.show('opening', 'opening a sandbox');
    const { context, instance } = this.input;
    const { hostQueue } = await openSandbox.executeWithOptions(said(`open ${instance.instanceId}`), [
      { run: context.run, rollout: this.id, instance, sandbox: context.sandbox },
    ]);
    this.host = onHost(hostQueue);
  }

  /** Turns until a message without a tool call, or a limit. */
  private async converse(): Promise<StopReason> {
    const limitMs = (this.input.timeLimitSeconds ?? TIME_LIMIT_SECONDS) * 1000;
    while (this.turn < this.input.context.maxSteps) {
      if (Date.now() - this.startedAt >= limitMs) return 'time_limit';
      const sampled = await this.sample(this.turn + 1);
      if (sampled === 'context_overflow') return sampled;
      if (sampled.calls.length === 0) return sampled.finishReason === 'length' ? 'output_truncated' : 'done';
      await this.runTools(sampled.calls);
    }
    return 'max_steps';
  }

  private async sample(turn: number): Promise<SampleOutput | 'context_overflow'> {
    const { context, instance, policy, group, member } = this.input;
    this.show('sampling', `turn ${turn}: the model is writing`);
    try {
      const sampled = await sampleTurn.executeWithOptions(said(`turn ${turn}`), [
        {
          rollout: this.id,
          instance,
          config: context.config,
          policy,
          head: this.head,
          turn,
          seed: deriveSeed(context.seed, group, member, turn),
        },
      ]);
      this.turn = turn;
      this.head = sampled.head;
      return sampled;
    } catch (error) {
      if (knownFailure(error, 'Model.Unreachable')?.type === 'Model.ContextOverflow')
        return 'context_overflow';
      throw error;
    }
  }

  private async runTools(calls: readonly string[]): Promise<void> {
    for (const [call, brief] of calls.entries()) {
      this.show('tools', `turn ${this.turn}: ${brief}`);
      const { head } = await this.onHost().runTool.executeWithOptions(said(brief), [
        {
          rollout: this.id,
          config: this.input.context.config,
          head: this.head ?? '',
          turn: this.turn,
          call,
        },
      ]);
      this.head = head;
    }
  }

  private async grade(): Promise<GradeOutput> {
    this.show('grading', 'grading in a fresh sandbox');
    const { context, instance } = this.input;
    return await this.onHost().grade.executeWithOptions(said(`grade ${instance.instanceId}`), [
      {
        run: context.run,
        rollout: this.id,
        instance,
        sandbox: context.sandbox,
        config: context.config,
      },
    ]);
  }

  /** Writes the record, whatever came before, and makes the result. */
  private async end(outcome: {
    readonly status: RolloutResult['status'];
    readonly stopReason: StopReason;
    readonly failure: KnownFailure | null;
    readonly grading: GradeOutput | null;
  }): Promise<RolloutResult> {
    const { context, instance, policy, group, member } = this.input;
    const { status, stopReason, failure, grading } = outcome;
    const reward = grading?.reward ?? null;
    const resolved = grading?.resolved ?? false;
    this.show('recording', 'writing the trajectory');
    const trajectory = await writtenTrajectory({
      run: context.run,
      rollout: this.id,
      instance,
      config: context.config,
      policy,
      seed: deriveSeed(context.seed, group, member),
      status,
      stopReason,
      failure,
      head: this.head,
      grading: grading?.grading ?? null,
      startedAt: new Date(this.startedAt).toISOString(),
    });
    makeFindable(context.searchable, { resolved });
    this.show(
      'ended',
      failure === null ? `${stopReason}, reward ${reward ?? 'none'}` : `failed: ${failure.message}`,
    );
    return {
      rollout: this.id,
      instanceId: instance.instanceId,
      status,
      stopReason,
      failureType: failure?.type ?? null,
      reward,
      resolved,
      policyVersion: policy.version,
      turns: this.turn,
      trajectory,
    };
  }

  /** Closes the sandbox, cancelled or not; one that does not close is left to its host's sweep. */
  private async close(): Promise<void> {
    const { host } = this;
    if (host === null) return;
    try {
      await CancellationScope.nonCancellable(() =>
        host.closeSandbox.executeWithOptions(said('close'), [{ rollout: this.id }]),
      );
    } catch (error) {
      if (knownFailure(error, 'Sandbox.Failed') === null) throw error;
      log.warn('sandbox not closed', { error });
    }
  }

  private onHost(): Host {
    if (this.host === null) throw new Error('the sandbox is not open');
    return this.host;
  }

  private show(phase: RolloutHead['phase'], details: string): void {
    this.phase = phase;
    setCurrentDetails(details);
  }
}
