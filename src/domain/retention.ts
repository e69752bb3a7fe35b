/** Which checkpoints of a run stay: those that any of these rules names, and always the newest. */
export interface Retention {
  /** The last so many; null for all. */
  readonly newest: number | null;
  /** Every nth step, 0 among them; null for none. */
  readonly every: number | null;
  /** So many whose policy earned most. */
  readonly best: number;
}

/**
 * The steps whose checkpoints may be deleted. `published` are the steps that have one, in any order; `rewardOfStep` is the
 * mean reward of the batch that each step was made of, which the policy before it earned.
 */
export function expendable(
  published: readonly number[],
  rewardOfStep: ReadonlyMap<number, number>,
  { newest, every, best }: Retention,
): readonly number[] {
  if (newest === null) return [];
  const steps = published.toSorted((a, b) => b - a);
  const earned = steps
    .flatMap((step) => {
      const reward = rewardOfStep.get(step + 1);
      return reward === undefined ? [] : [{ step, reward }];
    })
    // Of equal rewards the newer.
    .toSorted((a, b) => b.reward - a.reward || b.step - a.step);
  const kept = new Set([
    ...steps.slice(0, Math.max(1, newest)),
    ...(every === null ? [] : steps.filter((step) => step % every === 0)),
    ...earned.slice(0, best).map(({ step }) => step),
  ]);
  return steps.filter((step) => !kept.has(step)).toReversed();
}
