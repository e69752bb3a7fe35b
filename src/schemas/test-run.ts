import { z } from 'zod';
import type { OfficialVerdict } from '../domain/trajectory.ts';

const outcome = z.enum(['passed', 'failed', 'skipped', 'missing']);

const officialVerdict = z.object({ resolved: z.boolean(), report: z.record(z.string(), z.unknown()) });

const testRun = z.object({
  outcomes: z.record(z.string(), outcome),
  /** Whether the test runner came to its own end; the passes of a run that did not are worth nothing. */
  ended: z.boolean(),
  /** What shows that somebody else wrote into the report; null where nothing does. */
  spoofed: z.string().nullable(),
  /** The verdict of the data set's own harness over the same log, where that is how the tests were run. */
  official: officialVerdict.nullable(),
  exitCode: z.number().nullable(),
  timedOut: z.boolean(),
  outOfMemory: z.boolean(),
  log: z.string(),
  durationMs: z.number(),
  patchApplied: z.boolean(),
});

/** One run of an instance's listed tests: every listed test has an outcome. */
export type TestRun = Readonly<z.infer<typeof testRun>>;

/** Reads a cached run of tests; null when nothing (or something else) is kept there. */
export function readTestRun(value: unknown): TestRun | null {
  return testRun.safeParse(value).data ?? null;
}

/** Reads a cached official verdict; null when nothing (or something else) is kept there. */
export function readOfficialVerdict(value: unknown): OfficialVerdict | null {
  return officialVerdict.safeParse(value).data ?? null;
}
