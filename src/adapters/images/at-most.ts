/** Lets so many pieces of work go on at once; the others wait in the order in which they came. */
export class AtMost {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(places: number) {
    this.free = places;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resume) => this.waiting.push(resume));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place is handed on, so that nobody takes it in between.
      if (next === undefined) this.free++;
      else next();
    }
  }
}
