/** ART's names of what the embedded trainer has its own for. */
const NAMES: Readonly<Record<string, string>> = {
  policy_loss: 'loss',
  loss: 'loss',
  entropy: 'entropy',
  grad_norm: 'grad_norm',
  kl_div: 'kl',
};

/** The means of what ART said of each optimiser update of a step; what is no number is left out. */
export function metricsOf(updates: readonly Readonly<Record<string, unknown>>[]): Record<string, number> {
  const sums = new Map<string, { sum: number; count: number }>();
  for (const update of updates) {
    for (const [name, value] of Object.entries(update)) {
      if (typeof value !== 'number' || !Number.isFinite(value) || name === 'num_gradient_steps') continue;
      const key = NAMES[name] ?? `art/${name}`;
      const { sum, count } = sums.get(key) ?? { sum: 0, count: 0 };
      sums.set(key, { sum: sum + value, count: count + 1 });
    }
  }
  const means = [...sums].map(([name, { sum, count }]) => [name, sum / count] as const);
  return { ...Object.fromEntries(means), 'art/updates': updates.length };
}
