import {
  CancellationScope,
  condition,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
  type Workflow,
  type WorkflowResultType,
} from '@temporalio/workflow';
import type { Held, RunProgress } from '../domain/run-summary.ts';
import { cancelRun } from './cancel-run.ts';
import { ChildOrders } from './child-orders.ts';
import { cancelUpdate, drainUpdate, pauseUpdate, resumeUpdate } from './messages.ts';

/** What people have asked of a run, and what it has asked of itself; carried when it continues as new. */
export interface ControlState {
  readonly held: Held | null;
  readonly draining: boolean;
}

/**
 * The timer of a wait that nothing but its condition ends. A run that has continued as new and waits without any command
 * cannot be replayed: its first two workflow tasks are taken for one, and the update that lets it go comes too early.
 */
const LONG = '365 days';

/** Why a run that nobody gave a reason for stands still. */
const PAUSED = 'paused';
const REASON_CHARACTERS = 500;

/**
 * Pause, resume, drain and cancel of a run. What holds is said to the child that is under way; a child that starts later
 * waits here until nothing holds.
 */
export class RunControl {
  private held: Held | null;
  private draining: boolean;
  private cancelling = false;
  private readonly orders: ChildOrders;
  private readonly progress: () => RunProgress;
  private readonly onChange: (state: ControlState) => void;

  /** `progress` answers where the run is; `onChange` hears each new state. */
  constructor(
    carried: ControlState | undefined,
    progress: () => RunProgress,
    onChange: (state: ControlState) => void,
  ) {
    this.held = carried?.held ?? null;
    this.draining = carried?.draining ?? false;
    this.progress = progress;
    this.onChange = onChange;
    this.orders = new ChildOrders(this.held?.reason ?? null);
    if (this.draining) this.orders.setDrain();
    this.listen();
  }

  get state(): ControlState {
    return { held: this.held, draining: this.draining };
  }

  /** Whether nothing new is to begin any more. */
  get drained(): boolean {
    return this.draining;
  }

  /** Waits while the run is held. */
  async released(): Promise<void> {
    while (this.held !== null) await condition(() => this.held === null, LONG);
  }

  /** Starts a child once nothing holds the run, passes on what it is told meanwhile, and answers the child's result. */
  async child<T extends Workflow>(
    start: () => Promise<ChildWorkflowHandle<T>>,
    options: { readonly drains: boolean },
  ): Promise<WorkflowResultType<T>> {
    await this.released();
    const child = await start();
    // One that is not to be drained counts as told.
    this.orders.add(child.workflowId, { drain: !options.drains });
    try {
      return await child.result();
    } finally {
      this.orders.delete(child.workflowId);
    }
  }

  /** A child has seen too many failures and stands still; the whole run does with it. */
  holdForFailures(reason: string): void {
    // A child that is drained goes on to its end all the same; it may have said so before it heard of the drain.
    const drained = this.draining && this.progress().phase !== 'evaluating after';
    if (this.held === null && !drained) this.hold('failures', reason);
  }

  private listen(): void {
    setHandler(pauseUpdate, (how) => this.hold('person', how?.reason ?? PAUSED), {
      validator: (how) => {
        this.requireOpen();
        requireReason(how?.reason);
        if (this.held !== null) throw new Error(`The run is held already: ${this.held.reason}`);
        if (this.draining) throw new Error('The run is being drained and will end; cancel ends it sooner.');
      },
    });
    setHandler(resumeUpdate, () => this.letGo(), {
      validator: () => {
        this.requireOpen();
        if (this.held === null) throw new Error('The run is not held.');
      },
    });
    setHandler(drainUpdate, () => this.drain(), {
      validator: () => {
        this.requireOpen();
        if (this.draining) throw new Error('The run is being drained already.');
        if (this.progress().phase === 'evaluating after') {
          throw new Error('The run is in its last evaluation: there is nothing left to drain.');
        }
      },
    });
    setHandler(cancelUpdate, () => this.cancel(), { validator: () => this.requireOpen() });
  }

  private requireOpen(): void {
    if (this.cancelling) throw new Error('The run is being cancelled.');
    if (this.progress().phase === 'done') throw new Error('The run is over.');
  }

  private hold(by: Held['by'], reason: string): void {
    this.held = { by, reason, since: new Date().toISOString() };
    this.orders.setHold(reason);
    this.onChange(this.state);
  }

  private letGo(): void {
    this.held = null;
    this.orders.setHold(null);
    this.onChange(this.state);
  }

  /** A held run is let go for it: what is in flight could not end otherwise. */
  private drain(): void {
    this.draining = true;
    this.orders.setDrain();
    this.letGo();
  }

  private async cancel(): Promise<void> {
    this.cancelling = true;
    const { workflowId } = workflowInfo();
    // Outside the scope that is about to be cancelled.
    await CancellationScope.nonCancellable(() =>
      startChild(cancelRun, {
        workflowId: `${workflowId}/cancel`,
        args: [workflowId],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: 'requests the cancellation of the run',
      }),
    );
  }
}

/** What the plain `temporal` CLI sends is anything, and each child carries the reason along. */
function requireReason(reason: unknown): void {
  if (reason === undefined || (typeof reason === 'string' && reason.length <= REASON_CHARACTERS)) return;
  const found =
    typeof reason === 'string' ? `${reason.length} characters` : JSON.stringify(reason).slice(0, 100);
  throw new Error(`reason is ${found}; expected a text of at most ${REASON_CHARACTERS} characters.`);
}
