import {
  CancellationScope,
  continueAsNew,
  isCancellation,
  patched,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { InstanceList, InstanceRef } from '../activities/contract.ts';
import type { Verdict } from '../domain/run-summary.ts';
import { judgeInstance, records } from './activities.ts';
import { endWith, knownFailure } from './failures.ts';
import { hasGrownLong } from './history.ts';
import { Hold } from './hold.ts';
import type { FilterInput, FilterState } from './inputs.ts';
import { InstanceCursor } from './instance-cursor.ts';
import { judgeInChild } from './judge-child.ts';
import { LookAhead } from './look-ahead.ts';
import { drainSignal } from './messages.ts';
import { reportPhase } from './report-phase.ts';
import { said } from './said.ts';

/** What the filter kept, and why it left out the others. */
export interface FilterResult {
  readonly list: InstanceList;
  readonly checked: number;
  readonly reasons: Readonly<Record<string, number>>;
}

/** Verdicts in one record: 16 with their details stay below 8 KiB. */
const PAGE = 16;
/** After which a page is recorded as it is, so that whoever follows the filter sees verdicts as they come. */
const PAGE_MS = 30_000;
/** Recorded before they are full, at most: each is told to the workflow above, whose history is bounded. */
const EARLY_PAGES = 1000;
const DETAIL_LIMIT = 300;
/**
 * Instances judged ahead of the one whose verdict is awaited, at most: a slow one keeps nobody waiting for some minutes,
 * and continuing as new, which waits for all of them, is not put off for long.
 */
const AHEAD = 4 * PAGE;

/** Judges instances in the list's order, a few ahead, until enough are kept, or until it is drained. */
export async function filter(input: FilterInput): Promise<FilterResult> {
  const filtering = new Filter(input);
  const done = await filtering.run();
  const nothing = filtering.drained || input.mayKeepNone === true;
  const list = done.kept ?? (nothing ? { ...input.list, count: 0 } : null);
  if (list !== null) return { list, checked: done.cursor, reasons: done.reasons };
  const reasons = Object.entries(done.reasons).map(([reason, count]) => `${count} ${reason}`);
  throw endWith({
    type: 'Instance.Invalid',
    message: `The quality filter kept none of ${done.cursor} instances (${reasons.join(', ')}). The first: ${done.firstDetail}`,
  });
}

class Filter {
  private state: FilterState;
  private readonly ahead: LookAhead;
  private readonly hold: Hold;
  private draining = false;
  private pageEndedAt = Date.now();
  /** Under 0.2 the activity was called from here, and what was under way when it continued as new was asked for again. */
  private readonly hasChildren = patched('filter-children');
  /** Before, no more than `concurrency` verdicts were in hand, so that a slow instance kept those after it waiting. */
  private readonly runsAhead = patched('filter-runs-ahead');

  private readonly input: FilterInput;

  constructor(input: FilterInput) {
    this.input = input;
    this.state = input.carried ?? { cursor: 0, kept: null, reasons: {}, firstDetail: '' };
    this.hold = new Hold(undefined, input.carried?.held ?? null);
    this.ahead = new LookAhead({
      instances: new InstanceCursor(input.context, input.list),
      from: this.state.cursor,
      to: input.list.count,
      concurrency: input.concurrency,
      judge: async (instance) => await this.judge(instance),
      // About half of a raw data set is kept, so twice what is wanted is looked at.
      most: () => (this.hold.reason === null ? Math.min(AHEAD, this.wanted() * 2) : 0),
    });
    setHandler(drainSignal, () => {
      this.draining = true;
      this.ahead.cancel();
    });
    if (this.runsAhead) this.ahead.start();
  }

  /** Whether it was ended early. */
  get drained(): boolean {
    return this.draining;
  }

  async run(): Promise<FilterState> {
    while (this.state.cursor < this.input.list.count && this.wanted() > 0 && !this.draining) {
      await this.judgePage();
      await reportPhase(this.input.reportTo, {
        phase: 'filter',
        filter: {
          checked: this.state.cursor,
          kept: this.state.kept?.count ?? 0,
          reasons: this.state.reasons,
        },
        total: this.input.list.count,
      });
      await this.continueWhenLong();
    }
    // Instances that were judged ahead and are not needed: their verdicts do not count.
    this.ahead.cancel();
    await this.ahead.settled();
    return this.state;
  }

  /** The next verdicts in order, recorded; ends early when enough are kept. */
  private async judgePage(): Promise<void> {
    const { context } = this.input;
    const from = this.state.cursor;
    const verdicts: Verdict[] = [];
    const positions: number[] = [];
    const enough = Math.min(PAGE, Math.ceil(this.input.list.count / EARLY_PAGES));
    const isFull = (): boolean =>
      verdicts.length >= PAGE ||
      (this.runsAhead && verdicts.length >= enough && Date.now() - this.pageEndedAt > PAGE_MS);
    while (!isFull() && positions.length < this.wanted()) {
      const verdict = await this.next(from + verdicts.length, this.wanted() - positions.length);
      if (verdict === null) break;
      if (verdict.verdict === 'accept') positions.push(from + verdicts.length);
      verdicts.push(verdict);
      setCurrentDetails(
        `${from + verdicts.length} judged, ${(this.state.kept?.count ?? 0) + positions.length} kept`,
      );
    }
    this.pageEndedAt = Date.now();
    if (verdicts.length === 0) return;
    await records.recordFilter.executeWithOptions(
      said(context, `verdicts ${from + 1} to ${from + verdicts.length}`),
      [{ run: context.run, from, verdicts }],
    );
    const kept = await this.keep(positions);
    const reasons = { ...this.state.reasons };
    for (const { reason } of verdicts) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
    const firstDetail =
      this.state.firstDetail || (verdicts.find((v) => v.verdict === 'reject')?.detail ?? '');
    this.state = { cursor: from + verdicts.length, kept, reasons, firstDetail };
  }

  private async keep(positions: readonly number[]): Promise<InstanceList | null> {
    const { kept } = this.state;
    if (positions.length === 0) return kept;
    return await records.selectInstances.executeWithOptions(
      said(this.input.context, `keep ${positions.length} more`),
      [{ list: this.input.list.ref, positions, append: kept?.ref ?? null }],
    );
  }

  /** The verdict at a position; meanwhile those after it are under way. Null beyond the list's end, and when drained. */
  private async next(position: number, wanted: number): Promise<Verdict | null> {
    await this.hold.released();
    if (this.draining) return null;
    if (!this.runsAhead)
      await this.ahead.fill(position, Math.max(1, Math.min(this.input.concurrency, wanted * 2)));
    try {
      return await this.ahead.take();
    } catch (error) {
      if (this.draining && isCancellation(error) && !CancellationScope.current().consideredCancelled)
        return null;
      throw error;
    }
  }

  private async judge(instance: InstanceRef): Promise<Verdict> {
    const { context } = this.input;
    try {
      const verdict = this.hasChildren
        ? await judgeInChild(this.input, instance)
        : await judgeInstance.executeWithOptions(said(context, `judge ${instance.instanceId}`), [
            { instance, sandbox: context.sandbox },
          ]);
      return { ...verdict, detail: verdict.detail.slice(0, DETAIL_LIMIT) };
    } catch (error) {
      // A judge that was cancelled alone is no reason to end the filter.
      const cancelled = isCancellation(error);
      if (cancelled && CancellationScope.current().consideredCancelled) throw error;
      const failure = knownFailure(error, 'Sandbox.Failed');
      if (failure === null) throw error;
      const detail = cancelled ? 'It was cancelled.' : failure.message.slice(0, DETAIL_LIMIT);
      const reason = cancelled ? 'cancelled' : failure.type;
      return { instanceId: instance.instanceId, verdict: 'reject', reason, detail };
    }
  }

  private wanted(): number {
    return (this.input.keep ?? this.input.list.count) - (this.state.kept?.count ?? 0);
  }

  private async continueWhenLong(): Promise<void> {
    if (this.draining || !(this.ahead.isClosed || hasGrownLong(this.input.historyLimit))) return;
    // What is under way is recorded first: nothing is asked for twice.
    if (this.hasChildren) this.ahead.close();
    if (this.ahead.isClosed && this.ahead.size > 0) return;
    await this.ahead.settled();
    const carried = { ...this.state, held: this.hold.reason };
    if (!this.draining) await continueAsNew<typeof filter>({ ...this.input, carried });
  }
}
