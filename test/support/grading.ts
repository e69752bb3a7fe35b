import type { Grading } from '../../src/domain/trajectory.ts';

/** A grading of one mended and one kept test, with a given reward. */
export function gradingOf(reward: number): Grading {
  return {
    reward,
    resolved: reward === 1,
    metrics: {
      progress: 1,
      maintenance: 1,
      regression: 0,
      resolved: reward === 1 ? 1 : 0,
      failToPassPassed: 1,
      failToPassFailed: 0,
      passToPassPassed: 1,
      passToPassFailed: 0,
    },
    outcomes: {},
    patch: 'diff',
    environment: 'fake-environment',
    exitCode: 0,
    timedOut: false,
    log: '',
    durationMs: 5,
  };
}
