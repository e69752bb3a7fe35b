import type { EpochState } from './inputs.ts';
import type { GroupReport } from './messages.ts';

/** The groups of an epoch that have ended and whose batch has not had its step yet. */
export class UntrainedGroups {
  private reports: readonly GroupReport[];
  private count: number;
  private readonly firstGroup: number;

  /** `carried` is of an earlier execution of the epoch, whose first group has the number `firstGroup`. */
  constructor(firstGroup: number, carried: Pick<EpochState, 'trained' | 'untrained'>) {
    this.firstGroup = firstGroup;
    this.count = carried.trained ?? 0;
    this.reports = carried.untrained ?? [];
  }

  /** Instances, from the first of the list, whose batch has had its step. */
  get trained(): number {
    return this.count;
  }

  /** What the next execution goes on with. */
  get carried(): Pick<EpochState, 'trained' | 'untrained'> {
    return { trained: this.count, untrained: this.reports };
  }

  add(report: GroupReport): void {
    this.reports = [...this.reports, report];
  }

  /** All, which count as trained on from now on. */
  takeAll(): readonly GroupReport[] {
    const all = this.reports;
    this.reports = [];
    return all;
  }

  /** Those of the instances before a position. */
  before(end: number): GroupReport[] {
    return this.reports.filter(({ group }) => group - this.firstGroup < end);
  }

  /** All instances before a position have had their step. */
  trainedTo(end: number): void {
    const done = new Set(this.before(end));
    this.reports = this.reports.filter((report) => !done.has(report));
    this.count = end;
  }
}
