import { isCancellation, CancellationScope, log, patched, upsertMemo } from '@temporalio/workflow';
import type { GradeOutput, SandboxState, ToolOutput } from '../activities/contract-sandbox.ts';
import { sandboxName } from '../domain/ids.ts';
import { onHost, openSandbox } from './activities.ts';
import { knownFailure } from './failures.ts';
import type { Hold } from './hold.ts';
import type { RolloutInput } from './inputs.ts';
import { FULL_STORE, patiently } from './patience.ts';
import { said } from './said.ts';

/** A command that loses its sandbox this often is what ends it. */
const LOSSES_AT_A_TURN = 3;

/** Hosts that die more often under one rollout than this are no place for it. */
const LOSSES = 10;

/** A held rollout keeps its sandbox for a short stop, and leaves the slot to others in a long one. */
const HOLD_LIMIT_SECONDS = 300;

type Host = ReturnType<typeof onHost>;

/** A tool call of a transcript. */
export interface CallAt {
  readonly head: string;
  readonly turn: number;
  readonly call: number;
  /** In one line. */
  readonly brief: string;
}

/**
 * The sandboxes of one rollout, one after another. When one is lost, the next is opened in the state that the last command
 * has left and what was under way is done again there; nothing else of the rollout changes.
 */
export class RolloutSandbox {
  private host: Host | null = null;
  private epoch = 0;
  private opened: string | null = null;
  private state: SandboxState = { kind: 'start' };
  private losses = { all: 0, turn: 0, atTurn: 0 };

  private readonly input: RolloutInput;
  private readonly id: string;
  private readonly hold: Hold;
  private readonly deadline: () => string;

  /** `deadline` answers the ISO time of the end of a sandbox's longest lease, were it opened now. */
  constructor(input: RolloutInput, id: string, hold: Hold, deadline: () => string) {
    this.input = input;
    this.id = id;
    this.hold = hold;
    this.deadline = deadline;
  }

  /** What the sandboxes run in; null before the first. */
  get environment(): string | null {
    return this.opened;
  }

  /** Opens the next sandbox where none is open. */
  async open(): Promise<Host> {
    await this.released();
    if (this.host !== null) return this.host;
    const { context, instance } = this.input;
    const epoch = this.epoch + 1;
    const which = epoch === 1 ? '' : `, sandbox ${epoch}`;
    const { hostQueue, environment } = await patiently('openings-wait', async () =>
      openSandbox.executeWithOptions(said(context, `open ${instance.instanceId}${which}`), [
        {
          ...this.named(epoch),
          config: context.config,
          state: this.state,
          deadline: this.deadline(),
        },
      ]),
    );
    this.epoch = epoch;
    this.opened = environment;
    this.host = onHost(hostQueue);
    // By it a host tells a sandbox of this rollout from one that the rollout has left.
    if (patched('sandbox-memo')) upsertMemo({ sandbox: sandboxName(this.id, epoch), hostQueue });
    return this.host;
  }

  /** Carries out a tool call, and answers the transcript after it, and what the command took where its worker says so. */
  async runTool({ head, turn, call, brief }: CallAt): Promise<Pick<ToolOutput, 'head' | 'durationMs'>> {
    const { context } = this.input;
    const output: Omit<ToolOutput, 'state'> & Partial<ToolOutput> = await this.surviving(turn, (host) =>
      host.runTool.executeWithOptions(said(context, brief), [
        {
          run: context.run,
          rollout: this.id,
          epoch: this.epoch,
          config: context.config,
          head,
          turn,
          call,
          state: this.state,
        },
      ]),
    );
    // A worker of 0.1 kept nothing, so that what it has done ends with its host.
    this.state = output.state ?? { kind: 'too_large', fingerprint: '' };
    return output;
  }

  /** Grades what the agent has left after `turn` turns. */
  async grade(turn: number): Promise<GradeOutput> {
    const { context, instance } = this.input;
    return await this.surviving(turn + 1, (host) =>
      host.grade.executeWithOptions(said(context, `grade ${instance.instanceId}`), [
        { ...this.named(this.epoch), config: context.config },
      ]),
    );
  }

  /** Waits while the rollout is held; a long hold ends the sandbox, the state of which is off the host by then. */
  async released(): Promise<void> {
    const limitMs = (this.input.holdLimitSeconds ?? HOLD_LIMIT_SECONDS) * 1000;
    while (this.hold.reason !== null) {
      const mayLeave = this.host !== null && this.state.kind !== 'too_large';
      if (!mayLeave) await this.hold.released();
      else if (!(await this.hold.releasedWithin(limitMs))) await this.close();
    }
  }

  /** Closes the sandbox, cancelled or not; one that does not close is left to its host's reaper. */
  async close(): Promise<void> {
    const { host } = this;
    if (host === null) return;
    this.host = null;
    try {
      await CancellationScope.nonCancellable(() =>
        host.closeSandbox.executeWithOptions(said(this.input.context, 'close'), [
          { rollout: this.id, epoch: this.epoch },
        ]),
      );
    } catch (error) {
      if (knownFailure(error, 'Sandbox.Failed') === null) throw error;
      log.warn('sandbox not closed', { error });
    }
  }

  /** Does something in the sandbox, and again in the next one when it is lost meanwhile. */
  private async surviving<T>(turn: number, work: (host: Host) => Promise<T>): Promise<T> {
    for (;;) {
      const host = await this.open();
      try {
        return await patiently('full-store-waits', async () => await work(host), FULL_STORE);
      } catch (error) {
        const failure = isCancellation(error) ? null : knownFailure(error, 'Sandbox.Failed');
        const gone = failure?.type === 'Sandbox.Gone';
        // A host whose disk stays full is no place for a command; the next sandbox is opened where there is room, or later.
        const full = failure?.type === 'Sandbox.DiskFull' && patched('full-disk-moves');
        if (!gone && !full && failure?.type !== 'Sandbox.Unavailable') throw error;
        if (full) await this.close();
        // A lost host is left alone: its own reaper ends what it holds when it comes back.
        if (gone) this.host = null;
        if (!this.mayMove(turn)) throw error;
        log.warn('sandbox lost', { epoch: this.epoch, turn, ...failure });
        this.host = null;
      }
    }
  }

  /** Counts a loss, and answers whether another sandbox may take the place of the lost one. */
  private mayMove(turn: number): boolean {
    const { losses } = this;
    const atTurn = losses.turn === turn ? losses.atTurn + 1 : 1;
    this.losses = { all: losses.all + 1, turn, atTurn };
    if (this.state.kind === 'too_large' || atTurn >= LOSSES_AT_A_TURN || this.losses.all >= LOSSES)
      return false;
    return patched('sandbox-moves');
  }

  private named(epoch: number) {
    const { context, instance } = this.input;
    const environment = this.opened === null ? {} : { environment: this.opened };
    return { run: context.run, rollout: this.id, instance, sandbox: context.sandbox, epoch, ...environment };
  }
}
