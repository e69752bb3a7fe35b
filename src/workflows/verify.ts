import { continueAsNew, isCancellation, log, setCurrentDetails, setHandler } from '@temporalio/workflow';
import { addCounts, countsOf } from '../domain/rollout-totals.ts';
import {
  brief,
  type Verified,
  type VerifyEntry,
  type VerifyPlan,
  type VerifyProgress,
} from '../domain/verification.ts';
import { verifyRecords, verifyTrajectory } from './activities.ts';
import { endingOf, knownFailure } from './failures.ts';
import { hasGrownLong } from './history.ts';
import { verifyProgressQuery } from './messages.ts';
import { inParallel } from './parallel.ts';
import { patiently } from './patience.ts';

/** What a verification carries into its next execution, and a limit for tests. */
export interface VerifyCarried {
  readonly state?: { readonly plan: VerifyPlan; readonly progress: VerifyProgress };
  readonly historyLimit?: number;
}

/** Trajectories of one page: with what was found of each below 16 KiB. */
const PAGE = 24;
/** Of those that do not agree, in the answer. */
const EXAMPLES = 10;

/**
 * Grades the scored trajectories of a run again from their stored patches and compares. `input` is the JSON that the CLI
 * sends; the first activity checks it and ends the workflow with `Config.Invalid`, naming every field.
 */
export async function verify(input: unknown, carried: VerifyCarried = {}): Promise<VerifyProgress> {
  const asked = { run: '', phase: 'preparing', checked: 0, total: 0, outcomes: {}, examples: [] } as const;
  let progress: VerifyProgress = carried.state?.progress ?? asked;
  setHandler(verifyProgressQuery, () => progress);
  try {
    const plan =
      carried.state?.plan ??
      (await verifyRecords.planVerification.executeWithOptions({ summary: 'list the trajectories' }, [
        { input },
      ]));
    progress = { ...progress, run: plan.run, phase: 'verifying', total: plan.count };
    // A page of nothing, too, so that what an earlier verification wrote stands no more.
    do {
      progress = withPage(progress, await verifyPage(plan, progress.checked));
      setCurrentDetails(detailsOf(progress));
      if (progress.checked < plan.count && hasGrownLong(carried.historyLimit))
        await continueAsNew<typeof verify>(input, { ...carried, state: { plan, progress } });
    } while (progress.checked < plan.count);
    progress = { ...progress, phase: 'done' };
    return progress;
  } catch (error) {
    throw isCancellation(error) ? error : endingOf(error);
  }
}

/** Verifies the next trajectories of the list, a few at once, and records what was found. */
async function verifyPage(plan: VerifyPlan, from: number): Promise<readonly Verified[]> {
  const count = Math.min(PAGE, plan.count - from);
  const which = `${from + 1} to ${from + count} of ${plan.count}`;
  const entries = await verifyRecords.readVerification.executeWithOptions(
    { summary: `trajectories ${which}` },
    [{ list: plan.list, from, count }],
  );
  const found = new Map<number, Verified>();
  await inParallel([...entries.entries()], plan.concurrency, async ([i, entry]) => {
    found.set(i, await verifyOne(plan, entry, from + i));
  });
  const verified = entries.flatMap((_, i) => found.get(i) ?? []);
  await verifyRecords.recordVerification.executeWithOptions({ summary: `record ${which}` }, [
    { plan, from, verified },
  ]);
  return verified;
}

/** What cannot be graded again is counted and named, and is neither agreement nor disagreement. */
async function verifyOne(plan: VerifyPlan, entry: VerifyEntry, position: number): Promise<Verified> {
  const { run, config, sandbox } = plan;
  try {
    return await patiently('verify-waits', async () =>
      verifyTrajectory.executeWithOptions({ summary: entry.path.slice(-100) }, [
        { run, config, sandbox, entry, position },
      ]),
    );
  } catch (error) {
    const failure = isCancellation(error) ? null : knownFailure(error, 'Grade.Failed');
    if (failure === null) throw error;
    log.warn('not graded again', { path: entry.path, ...failure });
    const detail = brief(`${failure.type}: ${failure.message}`);
    return { outcome: 'failed', path: entry.path, instanceId: null, stored: null, again: null, detail };
  }
}

function withPage(progress: VerifyProgress, page: readonly Verified[]): VerifyProgress {
  const news = page.filter(({ outcome }) => outcome !== 'agrees' && outcome !== 'unscored');
  return {
    ...progress,
    checked: progress.checked + page.length,
    outcomes: addCounts(progress.outcomes, countsOf(page.map(({ outcome }) => outcome))),
    examples: [...progress.examples, ...news].slice(0, EXAMPLES),
  };
}

function detailsOf({ checked, total, outcomes }: VerifyProgress): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${checked} of ${total} graded again: ${counts.join(', ')}`;
}
