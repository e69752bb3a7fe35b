/** When a batch is full. */
export interface BatchRule {
  /** Groups with a lesson that fill it. */
  readonly lessons: number;
  /** Groups that it may have at most, with a lesson or without; equal to `lessons` where a batch is not filled up. */
  readonly most: number;
}

/** The rule of batches of `size` groups that may grow to `oversample` times as many in search of lessons. */
export function batchRule(size: number, oversample = 1): BatchRule {
  return { lessons: size, most: Math.round(oversample * size) };
}

/**
 * How many groups each full batch takes of groups in their order; those that are left over fill none. More lessons make more
 * batches, never fewer: taking the unknown for lessons gives the most that there can be.
 */
export function fullBatches(teaches: readonly boolean[], { lessons, most }: BatchRule): readonly number[] {
  const batches: number[] = [];
  let groups = 0;
  let taught = 0;
  for (const hasLesson of teaches) {
    groups += 1;
    if (hasLesson) taught += 1;
    if (taught < lessons && groups < most) continue;
    batches.push(groups);
    groups = 0;
    taught = 0;
  }
  return batches;
}

/** How often a batch was filled up, the first time included: each round is as many groups as lessons are missing before it. */
export function roundsOf(teaches: readonly boolean[], lessons: number): number {
  let rounds = 0;
  let begun = 0;
  for (let missing = lessons; missing > 0 && begun < teaches.length; rounds++) {
    const round = teaches.slice(begun, begun + missing);
    begun += round.length;
    missing -= round.filter(Boolean).length;
  }
  return rounds;
}
