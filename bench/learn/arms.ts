/** A way of training that is compared with others, as what it changes of the run's config. */
export interface Arm {
  readonly name: string;
  readonly title: string;
  readonly changes: Readonly<Record<string, unknown>>;
}

/** The first is what the others are compared with. */
export const ARMS: readonly Arm[] = [
  { name: 'rewards', title: 'synchronous', changes: {} },
  { name: 'shuffled', title: 'rewards shuffled among siblings', changes: { advantage: 'shuffled' } },
  { name: 'staleness-4', title: 'staleness 4', changes: { max_staleness: 4 } },
  {
    name: 'staleness-4-uncorrected',
    title: 'staleness 4, not corrected',
    changes: { max_staleness: 4, staleness_bound: null },
  },
  { name: 'tinker', title: 'behind a Tinker server', changes: { trainer: 'tinker' } },
];

/** Finds an arm by its name; throws an Error that names all. */
export function armNamed(name: string): Arm {
  const arm = ARMS.find((one) => one.name === name);
  if (arm !== undefined) return arm;
  throw new Error(
    `--arms names ${JSON.stringify(name)}; expected some of ${ARMS.map((one) => one.name).join(', ')}`,
  );
}
