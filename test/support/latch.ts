/** Holds up whoever waits for it, until it is opened. */
export class Latch {
  private readonly opened = Promise.withResolvers<void>();
  private waiters = 0;

  /** How many have come to it. */
  get arrived(): number {
    return this.waiters;
  }

  open(): void {
    this.opened.resolve();
  }

  async wait(): Promise<void> {
    this.waiters++;
    await this.opened.promise;
  }
}
