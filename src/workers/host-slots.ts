import type { ActivitySlotInfo, CustomSlotSupplier, SlotPermit } from '@temporalio/worker';

/**
 * The slots of a sandbox host, as the worker of the shared queue sees them: it polls for a new sandbox only while one is
 * free, so that rollouts which no host has room for wait in the queue, and a full host never looks like a lost one.
 */
export class HostSlots implements CustomSlotSupplier<ActivitySlotInfo> {
  readonly type = 'custom';
  private readonly slots: number;
  private readonly open = new Set<string>();
  private reserved = 0;
  private readonly waiting = new Set<() => void>();

  constructor(slots: number) {
    this.slots = slots;
  }

  /** A rollout holds a slot from the opening of its sandbox to the closing, whichever process did either. */
  hold(rollout: string): void {
    this.open.add(rollout);
  }

  release(rollout: string): void {
    this.open.delete(rollout);
    this.wake();
  }

  /** The rollouts that are thought to hold a slot. */
  held(): readonly string[] {
    return [...this.open];
  }

  get free(): number {
    return this.slots - this.open.size - this.reserved;
  }

  async reserveSlot(_context: unknown, signal: AbortSignal): Promise<SlotPermit> {
    while (this.free <= 0) await this.change(signal);
    signal.throwIfAborted();
    this.reserved++;
    return {};
  }

  tryReserveSlot(): SlotPermit | null {
    if (this.free <= 0) return null;
    this.reserved++;
    return {};
  }

  markSlotUsed(): void {
    // A permit counts from its reservation on.
  }

  releaseSlot(): void {
    this.reserved--;
    this.wake();
  }

  private async change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const woken = () => {
        this.waiting.delete(woken);
        signal.removeEventListener('abort', aborted);
        resolve();
      };
      const aborted = () => {
        this.waiting.delete(woken);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      this.waiting.add(woken);
      signal.addEventListener('abort', aborted, { once: true });
    });
  }

  private wake(): void {
    this.waiting.forEach((woken) => woken());
  }
}
