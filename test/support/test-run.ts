import type { TestRun } from '../../src/schemas/test-run.ts';

/** A run of tests that came to its end, with some fields changed. */
export function testRun(changed: Partial<TestRun> = {}): TestRun {
  return {
    outcomes: {},
    ended: true,
    spoofed: null,
    official: null,
    exitCode: 0,
    timedOut: false,
    outOfMemory: false,
    log: '',
    durationMs: 100,
    patchApplied: true,
    ...changed,
  };
}
