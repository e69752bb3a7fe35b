import { continueAsNew, isCancellation, setCurrentDetails, setHandler, sleep } from '@temporalio/workflow';
import {
  NO_PULLS,
  type PullFailure,
  type PullPlan,
  type PullProgress,
  type PullStop,
  type PullTotals,
} from '../domain/image-pulls.ts';
import { onImagesOf, planPulls } from './activities.ts';
import { endingOf, endWith, knownFailure } from './failures.ts';
import { hasGrownLong } from './history.ts';
import { pullProgressQuery } from './messages.ts';
import { inParallel } from './parallel.ts';
import { pullDetails } from './pull-details.ts';
import { PullRate } from './pull-rate.ts';

/** What a pull carries into its next execution, and limits for tests. */
export interface PullCarried {
  readonly state?: PullState;
  readonly historyLimit?: number;
  /** Seconds of the first wait after a registry has refused to give more; each one after that is twice as long. */
  readonly refusedSeconds?: number;
}

interface PullState {
  readonly plan: PullPlan;
  /** Images of the list that were looked at. */
  readonly cursor: number;
  readonly totals: PullTotals;
  /** Seconds at which the pulls of the last hour began. */
  readonly starts: readonly number[];
  readonly failures: readonly PullFailure[];
}

/** Names in one payload: 32 of them stay below 8 KiB. */
const PAGE = 32;
const FAILURES_SHOWN = 10;
/** A registry that counts by the hour, or by six, has room again in small parts. */
const REFUSED_SECONDS = 15 * 60;
const REFUSED_SECONDS_LIMIT = 2 * 3600;

/**
 * Pulls the images of a data set onto one host, the most used first, within a rate and a disk budget. `input` is the JSON
 * that the CLI sends; the first activity checks it and ends the workflow with `Config.Invalid`, naming every field.
 */
export async function pullImages(input: unknown, carried: PullCarried = {}): Promise<PullProgress> {
  try {
    const plan =
      carried.state?.plan ?? (await planPulls.executeWithOptions({ summary: 'read the data' }, [{ input }]));
    return await new Pulling(plan, input, carried).run();
  } catch (error) {
    throw isCancellation(error) ? error : endingOf(error);
  }
}

class Pulling {
  private readonly plan: PullPlan;
  private readonly input: unknown;
  private readonly carried: PullCarried;
  private readonly rate: PullRate;
  private cursor: number;
  private totals: PullTotals;
  private failures: readonly PullFailure[];
  private readonly underWay = new Set<string>();
  private waiting: PullProgress['waiting'] = null;
  private refusals = 0;
  private refusedUntilMs = 0;
  private stopped: PullStop | null = null;
  private phase: PullProgress['phase'] = 'pulling';

  constructor(plan: PullPlan, input: unknown, carried: PullCarried) {
    const { state } = carried;
    this.plan = plan;
    this.input = input;
    this.carried = carried;
    this.cursor = state?.cursor ?? 0;
    this.totals = state?.totals ?? NO_PULLS;
    this.failures = state?.failures ?? [];
    this.rate = new PullRate(plan.ratePerHour, state?.starts ?? []);
    setHandler(pullProgressQuery, () => this.progress);
  }

  async run(): Promise<PullProgress> {
    const { list, atOnce } = this.plan;
    while (this.cursor < list.count && this.stopped === null) {
      const count = Math.min(PAGE, list.count - this.cursor);
      const names = await this.missing(count);
      this.add({ present: count - names.length });
      await inParallel(names, atOnce, async (name) => await this.pull(name));
      if (this.stopped !== null) break;
      this.cursor += count;
      await this.continueWhenLong();
    }
    this.phase = 'done';
    this.show();
    return this.progress;
  }

  /** Those of the next images that are not on the host. */
  private async missing(count: number): Promise<readonly string[]> {
    const { host, list } = this.plan;
    const from = this.cursor;
    const isFirst = from === 0;
    try {
      const { missingImages } = onImagesOf(host, isFirst ? '1 min' : '1 day');
      const { names } = await missingImages.executeWithOptions(
        { summary: `images ${from + 1} to ${from + count} of ${list.count}` },
        [{ list: list.ref, from, count }],
      );
      return names;
    } catch (error) {
      const failure = isCancellation(error) ? null : knownFailure(error, 'Sandbox.Unavailable');
      if (failure?.type !== 'Sandbox.Gone' || !isFirst) throw error;
      const message = `No worker of a sandbox host named ${JSON.stringify(host)} answers: name one that is up (--host, or "host" in the input)`;
      throw endWith({ type: failure.type, message });
    }
  }

  /** Pulls one image; one that cannot be had is counted and named, and the others go on. */
  private async pull(name: string): Promise<void> {
    const { host, list, budgetBytes } = this.plan;
    for (;;) {
      await this.takeTurn();
      if (this.stopped !== null) return;
      this.underWay.add(name);
      this.show();
      try {
        const pulled = await onImagesOf(host, '1 day').pullImage.executeWithOptions(
          { summary: `pull ${name}`.slice(0, 100) },
          [{ name, list: list.ref, budgetBytes }],
        );
        const { outcome, sizeBytes, evicted, oursBytes } = pulled;
        this.totals = { ...this.totals, oursBytes };
        this.refusals = 0;
        if (outcome === 'over_budget') this.stopped = 'budget';
        const counted = outcome === 'over_budget' ? {} : { [outcome]: 1 };
        this.add({ evicted, ...counted, pulledBytes: outcome === 'pulled' ? sizeBytes : 0 });
        return;
      } catch (error) {
        const failure = isCancellation(error) ? null : knownFailure(error, 'Sandbox.Unavailable');
        if (failure === null) throw error;
        if (failure.type === 'Sandbox.RateLimit') this.waitLonger();
        else {
          if (failure.type === 'Sandbox.DiskFull') this.stopped = 'disk_full';
          this.failures = [...this.failures, { image: name, ...failure }].slice(0, FAILURES_SHOWN);
          this.add({ failed: 1 });
          return;
        }
      } finally {
        this.underWay.delete(name);
        this.show();
      }
    }
  }

  /**
   * Waits until the rate admits a pull and the registry's refusal, if there was one, has been waited out. The pull counts
   * from then on, before another lane looks: lanes that wait for the same room wake at the same moment.
   */
  private async takeTurn(): Promise<void> {
    for (;;) {
      const nowMs = Date.now();
      const byRateMs = this.rate.waitMs(nowMs);
      const refusedMs = this.refusedUntilMs - nowMs;
      const waitMs = Math.max(byRateMs, refusedMs);
      if (waitMs <= 0 || this.stopped !== null) break;
      const until = new Date(nowMs + waitMs).toISOString();
      this.waiting = { until, why: refusedMs > byRateMs ? 'refused' : 'rate' };
      this.show();
      await sleep(waitMs);
    }
    this.waiting = null;
    if (this.stopped === null) this.rate.begin(Date.now());
  }

  /** Lanes that are refused at the same moment count once. */
  private waitLonger(): void {
    if (Date.now() < this.refusedUntilMs) return;
    const first = this.carried.refusedSeconds ?? REFUSED_SECONDS;
    const seconds = Math.min(first * 2 ** this.refusals, REFUSED_SECONDS_LIMIT);
    this.refusals++;
    this.refusedUntilMs = Date.now() + seconds * 1000;
  }

  private add(change: Partial<PullTotals>): void {
    const sum = (name: keyof PullTotals) => this.totals[name] + (change[name] ?? 0);
    this.totals = {
      pulled: sum('pulled'),
      present: sum('present'),
      failed: sum('failed'),
      evicted: sum('evicted'),
      pulledBytes: sum('pulledBytes'),
      oursBytes: this.totals.oursBytes,
    };
    this.show();
  }

  private get progress(): PullProgress {
    const { pulled, present, failed } = this.totals;
    return {
      data: this.plan.data,
      host: this.plan.host,
      phase:
        this.phase === 'pulling' && this.waiting !== null && this.underWay.size === 0
          ? 'waiting'
          : this.phase,
      images: this.plan.list.count,
      done: pulled + present + failed,
      totals: this.totals,
      underWay: [...this.underWay],
      waiting: this.waiting,
      failures: this.failures,
      stopped: this.stopped,
    };
  }

  private show(): void {
    setCurrentDetails(pullDetails(this.progress));
  }

  private async continueWhenLong(): Promise<void> {
    if (this.cursor >= this.plan.list.count || !hasGrownLong(this.carried.historyLimit)) return;
    const { plan, cursor, totals, failures } = this;
    const state: PullState = { plan, cursor, totals, failures, starts: this.rate.carried(Date.now()) };
    await continueAsNew<typeof pullImages>(this.input, { ...this.carried, state });
  }
}
