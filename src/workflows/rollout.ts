import {
  CancellationScope,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  setWorkflowOptions,
  workflowInfo,
} from '@temporalio/workflow';
import type { GradeOutput } from '../activities/contract-sandbox.ts';
import type { SampleOutput } from '../activities/contract.ts';
import { rolloutId } from '../domain/ids.ts';
import { deriveSeed } from '../domain/seeds.ts';
import type { RolloutResult, StopReason } from '../domain/trajectory.ts';
import { sampleTurn } from './activities.ts';
import { knownFailure, type KnownFailure } from './failures.ts';
import { Hold } from './hold.ts';
import type { RolloutInput } from './inputs.ts';
import { headQuery, type RolloutHead } from './messages.ts';
import { TIMEOUT_IN, writtenTrajectory } from './rollout-parts.ts';
import { RolloutSandbox } from './rollout-sandbox.ts';
import { said } from './said.ts';
import { makeFindable } from './search-attributes.ts';

/** Of runs that name none: an agent that has not ended by then is stopped, and what it left is graded. */
const TIME_LIMIT_SECONDS = 3600;

/** The last turn, grading with its retries and a short hold fit into it; what is open then, and asked for by nobody, is ended. */
const CLOSING_TIME_MS = 2 * 3600 * 1000;

/** Characters of a failure's message in the result, which lands in the histories above; the record has all of it. */
const FAILURE_IN_RESULT = 200;

/**
 * One agent on one instance: a sandbox, turns until a stop reason, grading, record. A failure of the machinery is a
 * result with status `failed`, never an error of this workflow; a cancellation is recorded and passed on.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  return await new Rollout(input).run();
}

// On a cluster with versioned workers a rollout ends on the build that it began on; elsewhere it goes over in place.
setWorkflowOptions(
  () => (workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior: 'PINNED' } : {}),
  rollout,
);

class Rollout {
  private readonly id: string;
  private readonly startedAt = Date.now();
  private head: string | null = null;
  private turn = 0;
  /** What model calls and commands have taken: waiting, whatever for, is none of the agent's time. */
  private workedMs = 0;
  private phase: RolloutHead['phase'] = 'opening';

  private readonly input: RolloutInput;
  private readonly hold = new Hold();
  private readonly sandbox: RolloutSandbox;

  constructor(input: RolloutInput) {
    this.input = input;
    const { context, group, instance, member, attempt } = input;
    this.id = rolloutId(context.run, group, instance.instanceId, member, attempt);
    this.sandbox = new RolloutSandbox(input, this.id, this.hold, () =>
      new Date(Date.now() + Math.max(0, this.leftMs()) + CLOSING_TIME_MS).toISOString(),
    );
    setHandler(headQuery, () => ({ head: this.head, turn: this.turn, phase: this.phase }));
  }

  async run(): Promise<RolloutResult> {
    try {
      await this.open();
      const stopReason = await this.converse();
      const grading = await this.grade();
      const result = await this.end({ status: 'scored', stopReason, failure: null, grading });
      await this.sandbox.close();
      return result;
    } catch (error) {
      if (isCancellation(error)) {
        await CancellationScope.nonCancellable(async () => {
          await this.end({ status: 'cancelled', stopReason: 'cancelled', failure: null, grading: null });
          await this.sandbox.close();
        });
        throw error;
      }
      const failure = knownFailure(error, TIMEOUT_IN[this.phase]);
      if (failure === null) throw error;
      log.warn('rollout failed', { type: failure.type, message: failure.message });
      return await CancellationScope.nonCancellable(async () => {
        const result = await this.end({ status: 'failed', stopReason: 'failed', failure, grading: null });
        await this.sandbox.close();
        return result;
      });
    }
  }

  private async open(): Promise<void> {
    this.show('opening', 'opening a sandbox');
    await this.sandbox.open();
  }

  /** Turns until a message without a tool call, or a limit. */
  private async converse(): Promise<StopReason> {
    while (this.turn < this.input.context.maxSteps) {
      await this.sandbox.released();
      if (this.leftMs() <= 0) return 'time_limit';
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
    const askedAt = Date.now();
    try {
      const sampled = await sampleTurn.executeWithOptions(said(context, `turn ${turn}`), [
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
      this.workedMs += sampled.durationMs ?? Date.now() - askedAt;
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
      const askedAt = Date.now();
      const ran = await this.sandbox.runTool({ head: this.head ?? '', turn: this.turn, call, brief });
      this.head = ran.head;
      this.workedMs += ran.durationMs ?? Date.now() - askedAt;
    }
  }

  private async grade(): Promise<GradeOutput> {
    this.show('grading', 'grading in a fresh sandbox');
    return await this.sandbox.grade(this.turn);
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
    this.show('recording', 'writing the trajectory');
    const written = await writtenTrajectory(context, {
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
      environment: this.sandbox.environment,
      startedAt: new Date(this.startedAt).toISOString(),
    });
    const { trajectory, counted, trainable } = { trajectory: null, ...written };
    const { reward, resolved } = counted ?? grading ?? { reward: null, resolved: false };
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
      ...(failure === null ? {} : { failureMessage: failure.message.slice(0, FAILURE_IN_RESULT) }),
      ...counted,
      ...(trainable === undefined ? {} : { trainable }),
      reward,
      resolved,
      policyVersion: policy.version,
      turns: this.turn,
      trajectory,
    };
  }

  /** Of its time limit. */
  private leftMs(): number {
    return (this.input.context.timeLimitSeconds ?? TIME_LIMIT_SECONDS) * 1000 - this.workedMs;
  }

  private show(phase: RolloutHead['phase'], details: string): void {
    this.phase = phase;
    setCurrentDetails(details);
  }
}
