/** A way of training that is compared with others, as what it changes of the run's config. */
export interface Arm {
  readonly name: string;
  readonly title: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

/** So many steps that four are a small part of them. */
const SMALL_BATCHES = { batch_size: 2, learning_rate: 5e-4 };

/** As many rollouts at once as may be begun: where sampling is slower than training, fewer would keep every batch young. */
const STALE = { ...SMALL_BATCHES, max_staleness: 4, concurrency: 80 };

/** Whether what is rewarded is what is learned: the first is what the others are compared with. */
export const REWARD_ARMS: readonly Arm[] = [
  { name: 'rewards', title: 'as it is', changes: {} },
  { name: 'shuffled', title: 'rewards shuffled among siblings', changes: { advantage: 'shuffled' } },
  { name: 'tinker', title: 'behind a Tinker server', changes: { trainer: 'tinker' } },
];

/** What it costs to train on samples that are some steps old. */
export const STALENESS_ARMS: readonly Arm[] = [
  { name: 'small-batches', title: 'batches of 2 groups', changes: SMALL_BATCHES },
  { name: 'staleness-4', title: 'staleness 4', changes: STALE },
  {
    name: 'staleness-4-uncorrected',
    title: 'staleness 4, not corrected',
    changes: { ...STALE, staleness_bound: null },
  },
];

export const ARMS: readonly Arm[] = [...REWARD_ARMS, ...STALENESS_ARMS];

/** Finds an arm by its name; throws an Error that names all. */
export function armNamed(name: string): Arm {
  const arm = ARMS.find((one) => one.name === name);
  if (arm !== undefined) return arm;
  throw new Error(
    `--arms names ${JSON.stringify(name)}; expected some of ${ARMS.map((one) => one.name).join(', ')}`,
  );
}
