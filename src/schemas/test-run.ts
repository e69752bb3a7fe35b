import { z } from 'zod';

const outcome = z.enum(['passed', 'failed', 'skipped', 'missing']);

const testRun = z.object({
  outcomes: z.record(z.string(), outcome),
  exitCode: z.number().nullable(),
  timedOut: z.boolean(),
  log: z.string(),
  durationMs: z.number(),
  patchApplied: z.boolean(),
});

/** One run of an instance's listed tests: every listed test has an outcome. */
export type TestRun = Readonly<z.infer<typeof testRun>>;

const judgement = z.object({
  verdict: z.enum(['accept', 'reject']),
  reason: z.string().nullable(),
  detail: z.string(),
  /** Listed tests that are skipped in the tree without the bug; null where that tree was not run. */
  skippedInBaseline: z.array(z.string()).nullable(),
});

/** A verdict as it is kept, with what grading needs of the baseline. */
export type Judgement = Readonly<z.infer<typeof judgement>>;

/** Reads a cached run of tests; null when nothing (or something else) is kept there. */
export function readTestRun(value: unknown): TestRun | null {
  return testRun.safeParse(value).data ?? null;
}

/** Reads a cached judgement; null when nothing (or something else) is kept there. */
export function readJudgement(value: unknown): Judgement | null {
  return judgement.safeParse(value).data ?? null;
}
