import { condition, setHandler } from '@temporalio/workflow';
import { holdSignal } from './messages.ts';

/** Whether a workflow stands still, by the word of the one above it. */
export class Hold {
  private why: string | null;
  private readonly onChange: (reason: string | null) => void;

  /** `onChange` hears each new word; `carried` is the one that an earlier execution of the workflow stood under. */
  constructor(onChange: (reason: string | null) => void = () => undefined, carried: string | null = null) {
    this.onChange = onChange;
    this.why = carried;
    setHandler(holdSignal, (reason) => this.set(reason));
  }

  /** Why it is held; null when it is not. */
  get reason(): string | null {
    return this.why;
  }

  set(reason: string | null): void {
    if (reason === this.why) return;
    this.why = reason;
    this.onChange(reason);
  }

  /** Waits until it is let go. */
  async released(): Promise<void> {
    if (this.why !== null) await condition(() => this.why === null);
  }

  /** Waits until it is let go, or for so many milliseconds; answers whether it was let go. */
  async releasedWithin(ms: number): Promise<boolean> {
    return this.why === null || (await condition(() => this.why === null, ms));
  }
}
