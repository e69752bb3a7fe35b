const HOUR_MS = 3_600_000;

/**
 * Counts the pulls that began within the last hour. Whole hours are counted, not spaces between pulls: a small data set is
 * there at once, and a large one takes no longer.
 */
export class PullRate {
  private starts: readonly number[];
  private readonly perHour: number | null;

  /** `starts` are the times, in seconds, that an earlier execution carried over. */
  constructor(perHour: number | null, starts: readonly number[]) {
    this.perHour = perHour;
    this.starts = starts;
  }

  /** Milliseconds until a pull may begin. */
  waitMs(nowMs: number): number {
    if (this.perHour === null) return 0;
    this.forgetOld(nowMs);
    const first = this.starts.at(-this.perHour);
    return first === undefined || this.starts.length < this.perHour ? 0 : first * 1000 + HOUR_MS - nowMs;
  }

  begin(nowMs: number): void {
    // Rounded up: a pull must not count as older than it is.
    if (this.perHour !== null) this.starts = [...this.starts, Math.ceil(nowMs / 1000)];
  }

  /** What the next execution needs of it. */
  carried(nowMs: number): readonly number[] {
    this.forgetOld(nowMs);
    return this.starts;
  }

  private forgetOld(nowMs: number): void {
    this.starts = this.starts.filter((start) => start * 1000 > nowMs - HOUR_MS);
  }
}
