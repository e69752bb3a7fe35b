import { CancellationScope, condition } from '@temporalio/workflow';
import type { InstanceRef } from '../activities/contract.ts';
import type { Verdict } from '../domain/run-summary.ts';
import type { InstanceCursor } from './instance-cursor.ts';

/** What a look ahead is made with. */
export interface LookAheadOptions {
  readonly instances: InstanceCursor;
  /** Positions of the first instance, and of the one after the last. */
  readonly from: number;
  readonly to: number;
  /** Judgements under way at once. */
  readonly concurrency: number;
  readonly judge: (instance: InstanceRef) => Promise<Verdict>;
  /** How many may be begun and not taken now, those with their verdict among them. */
  readonly most: () => number;
}

/** Judgements of a list's instances: begun in its order, a few under way at once, and taken in its order. */
export class LookAhead {
  private readonly options: LookAheadOptions;
  private readonly begun: Promise<Verdict>[] = [];
  private readonly scope = new CancellationScope();
  /** Rejects when the list cannot be read; null until it is fed. */
  private feeding: Promise<void> | null = null;
  private fed = false;
  private underWay = 0;
  private closed = false;

  constructor(options: LookAheadOptions) {
    this.options = options;
  }

  /** Those begun and not taken. */
  get size(): number {
    return this.begun.length;
  }

  /** Whether it begins no more. */
  get isClosed(): boolean {
    return this.closed;
  }

  /** Begins judgements as there is room, from now on, the next one whenever one has ended. */
  start(): void {
    this.feeding = this.scope.run(async () => await this.feed());
    // Awaited where a verdict is wanted.
    this.feeding.catch(() => undefined);
  }

  /** Begins judgements until `most` are begun and not taken, the first of them at `position`. */
  async fill(position: number, most: number): Promise<void> {
    while (!this.closed && this.size < most && position + this.size < this.options.to) {
      this.begin(await this.options.instances.at(position + this.size));
    }
  }

  /** The next verdict in the list's order; null when there is none to come. */
  async take(): Promise<Verdict | null> {
    if (this.feeding !== null) await condition(() => this.size > 0 || this.fed);
    // Nothing in hand and nothing to come: the list's end, or the reason why there will be no more.
    return (await (this.begun.shift() ?? this.feeding)) ?? null;
  }

  /** Begins no more. */
  close(): void {
    this.closed = true;
  }

  /** Ends what is under way. */
  cancel(): void {
    this.scope.cancel();
  }

  /** Waits until nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.begun);
  }

  private async feed(): Promise<void> {
    const { instances, from, to, concurrency, most } = this.options;
    try {
      for (let position = from; position < to; position++) {
        const instance = await instances.at(position);
        await condition(() => this.closed || (this.underWay < concurrency && this.size < most()));
        if (this.closed) return;
        this.begin(instance);
      }
    } finally {
      this.fed = true;
    }
  }

  private begin(instance: InstanceRef): void {
    this.underWay++;
    const judged = this.scope
      .run(async () => await this.options.judge(instance))
      .finally(() => this.underWay--);
    // Awaited in order, later; a rejection until then is not unhandled.
    judged.catch(() => undefined);
    this.begun.push(judged);
  }
}
