import { unlessAborted } from '../../domain/unless-aborted.ts';

/** Work under way in this process, by key: who is about to do the same waits for it, and then looks for its result. */
export class UnderWay {
  private readonly going = new Map<string, Promise<void>>();

  /**
   * Does the work of a key once nobody else does it. Before, and after each wait for another, `look` may find that
   * there is nothing left to do, whatever the other's came to. Rejects with the signal's reason while it waits.
   */
  async once<T>(
    key: string,
    signal: AbortSignal,
    look: () => Promise<T | null>,
    work: () => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      // Nothing is awaited between finding none under way and being it.
      const other = this.going.get(key);
      if (other === undefined) return await this.during(key, work);
      await unlessAborted(other, signal);
    }
  }

  private async during<T>(key: string, work: () => Promise<T>): Promise<T> {
    const ended = Promise.withResolvers<void>();
    this.going.set(key, ended.promise);
    try {
      return await work();
    } finally {
      this.going.delete(key);
      ended.resolve();
    }
  }
}
