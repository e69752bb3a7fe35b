import type { TestRun } from '../../schemas/test-run.ts';
import { withoutSlow, worstFlake } from './flakes.ts';

/** Runs that a loaded host may have spoiled, of one tree; one more is held against the tests. */
const SET_ASIDE = 4;

/** Runs of one tree's tests, made as they are asked for, until two of them differ. */
export class Repeats {
  private runs: readonly TestRun[] = [];
  private mayBeSetAside = SET_ASIDE;
  private readonly once: () => Promise<TestRun>;
  private readonly onSetAside: (spoiled: TestRun) => Promise<void>;

  /** `onSetAside` hears of each run that its host spoiled. */
  constructor(
    once: () => Promise<TestRun>,
    onSetAside: (spoiled: TestRun) => Promise<void> = async () => await Promise.resolve(),
  ) {
    this.once = once;
    this.onSetAside = onSetAside;
  }

  /** The first that counts. */
  async first(): Promise<TestRun> {
    const [run] = await this.atLeast(1);
    if (run === undefined) throw new Error('no run was made');
    return run;
  }

  /** So many runs, or fewer, of which two differ. */
  async atLeast(count: number): Promise<readonly TestRun[]> {
    while (this.runs.length < count && worstFlake(this.runs) === null) {
      const all = [...this.runs, await this.once()];
      this.runs = this.mayBeSetAside > 0 ? withoutSlow(all) : all;
      for (const spoiled of all.filter((run) => !this.runs.includes(run))) {
        this.mayBeSetAside--;
        await this.onSetAside(spoiled);
      }
    }
    return this.runs;
  }
}
