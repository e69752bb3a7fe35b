import { batchRule, fullBatches, type BatchRule } from '../domain/batches.ts';
import type { EpochInput, EpochState } from './inputs.ts';
import type { GroupReport } from './messages.ts';

/**
 * The groups of an epoch that have ended and whose batch has not had its step yet. Batches are cut in the order of the list,
 * whoever ends first, so that a fault that delays a group changes no batch.
 */
export class UntrainedGroups {
  /** By position in the list. */
  private readonly reports: Map<number, GroupReport>;
  private count: number;
  private readonly rule: BatchRule;
  private readonly input: EpochInput;

  /** `carried` is of an earlier execution of the epoch. */
  constructor(input: EpochInput, carried: Pick<EpochState, 'trained' | 'untrained'>) {
    this.input = input;
    this.rule = batchRule(input.batchSize, input.oversample);
    this.count = carried.trained ?? 0;
    this.reports = new Map();
    for (const report of carried.untrained ?? []) this.add(report);
  }

  /** Instances, from the first of the list, whose batch has had its step. */
  get trained(): number {
    return this.count;
  }

  /** What the next execution goes on with. */
  get carried(): Pick<EpochState, 'trained' | 'untrained'> {
    return { trained: this.count, untrained: [...this.reports.values()] };
  }

  add(report: GroupReport): void {
    this.reports.set(report.group - this.input.firstGroup, report);
  }

  /** How many batches may get full before a position: groups of which nothing is known yet may all have a lesson. */
  batchesBefore(position: number): number {
    const ahead = Array.from({ length: position - this.count }, (_, i) => this.reports.get(this.count + i));
    const hopeful = ahead.map((report) => report === undefined || teaches(report));
    return fullBatches(hopeful, this.rule).length;
  }

  /** The next batch in the order of the list, which has an `end` once it is known, when all its groups have ended; null before. */
  next(end: number | null): readonly GroupReport[] | null {
    const ended = this.inOrder;
    const [size] = fullBatches(ended.map(teaches), this.rule);
    if (size !== undefined) return ended.slice(0, size);
    return this.count + ended.length === end ? ended : null;
  }

  /** What has ended of the next batch, without a gap. */
  get inOrder(): readonly GroupReport[] {
    const ended: GroupReport[] = [];
    for (let position = this.count; ; position++) {
      const report = this.reports.get(position);
      if (report === undefined) return ended;
      ended.push(report);
    }
  }

  /** A batch, the next in the order of the list, has had its step. */
  trainedOn(batch: readonly GroupReport[]): void {
    for (const { group } of batch) this.reports.delete(group - this.input.firstGroup);
    this.count += batch.length;
  }

  /** All that have ended, which count as trained on from now on. */
  takeAll(): readonly GroupReport[] {
    const all = [...this.reports.values()];
    this.trainedOn(all);
    return all;
  }
}

/** Whether a group has a lesson. A record's worker of an earlier build does not say: the trainer looks at each group all the same. */
export function teaches({ teaches: said, record }: GroupReport): boolean {
  return said ?? record !== null;
}
