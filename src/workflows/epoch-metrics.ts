import { roundsOf } from '../domain/batches.ts';
import type { EpochInput } from './inputs.ts';
import type { GroupReport } from './messages.ts';
import { teaches } from './untrained-groups.ts';

/** What the metrics of a step say of how its batch was filled and its instances were chosen, where the run does either. */
export function epochMetrics(
  { curriculum, list, oversample, batchSize }: EpochInput,
  batch: readonly GroupReport[],
): Readonly<Record<string, number>> {
  const metrics: Record<string, number> = {};
  if (oversample !== undefined) {
    const lessons = batch.map(teaches);
    metrics['batch/groups_started'] = batch.length;
    metrics['batch/groups_with_variance'] = lessons.filter(Boolean).length;
    metrics['batch/rounds'] = roundsOf(lessons, batchSize);
  }
  if (curriculum !== undefined) {
    metrics['curriculum/chosen'] = list.count;
    metrics['curriculum/resting_solved'] = curriculum.restingSolved;
    metrics['curriculum/resting_unsolved'] = curriculum.restingUnsolved;
    if (curriculum.solveRate !== null) metrics['curriculum/solve_rate'] = curriculum.solveRate;
  }
  return metrics;
}
