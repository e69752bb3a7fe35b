import { getExternalWorkflowHandle, log } from '@temporalio/workflow';
import { drainSignal, holdSignal } from './messages.ts';

/** What a child has been told. */
interface Told {
  hold: string | null;
  drain: boolean;
}

/**
 * Passes holds and drains on to children. A child hears what holds now rather than each change, one signal at a time,
 * so that the last word is also the last to arrive.
 */
export class ChildOrders {
  private readonly told = new Map<string, Told>();
  private readonly busy = new Set<string>();
  private hold: string | null;
  private drain = false;

  /** `hold` is the word under which children of an earlier execution stand. */
  constructor(hold: string | null = null) {
    this.hold = hold;
  }

  /** Whether every child has heard everything. */
  get idle(): boolean {
    return this.busy.size === 0;
  }

  /** Counts a child that has started in; `told` is what it has heard, which is nothing unless given. */
  add(workflowId: string, told: Partial<Told> = {}): void {
    this.told.set(workflowId, { hold: null, drain: false, ...told });
    void this.tell(workflowId);
  }

  delete(workflowId: string): void {
    this.told.delete(workflowId);
  }

  setHold(reason: string | null): void {
    this.hold = reason;
    this.tellAll();
  }

  setDrain(): void {
    this.drain = true;
    this.tellAll();
  }

  private tellAll(): void {
    for (const id of this.told.keys()) void this.tell(id);
  }

  private async tell(id: string): Promise<void> {
    if (this.busy.has(id)) return;
    this.busy.add(id);
    const child = getExternalWorkflowHandle(id);
    for (let told = this.told.get(id); told !== undefined; told = this.told.get(id)) {
      const { hold, drain } = this;
      try {
        if (told.hold !== hold) {
          told.hold = hold;
          await child.signal(holdSignal, hold);
        } else if (drain && !told.drain) {
          told.drain = true;
          await child.signal(drainSignal);
        } else break;
      } catch (error) {
        // It has just ended, or this workflow is being cancelled and takes it along.
        log.info('child not told', { id, error });
      }
    }
    this.busy.delete(id);
  }
}
