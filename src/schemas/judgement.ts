import { z } from 'zod';

const judgement = z.object({
  verdict: z.enum(['accept', 'reject']),
  reason: z.string().nullable(),
  detail: z.string(),
  /** Listed tests that are skipped in the tree without the bug; null where that tree was not run. */
  skippedInBaseline: z.array(z.string()).nullable(),
  /** Runs with the bug that it rests on. */
  runs: z.number().int().nonnegative(),
  /** Share of the runs in which the least steady test differs from its commonest outcome; 0 when all agree. */
  flakeScore: z.number(),
});

/** A verdict as it is kept, with what grading needs of the baseline. */
export type Judgement = Readonly<z.infer<typeof judgement>>;

/** Reads a cached judgement; null when nothing (or something else) is kept there. */
export function readJudgement(value: unknown): Judgement | null {
  return judgement.safeParse(value).data ?? null;
}
