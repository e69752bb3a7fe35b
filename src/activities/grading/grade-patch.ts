import type { Instance } from '../../domain/instance.ts';
import { scoreReward } from '../../domain/reward.ts';
import type { Grading } from '../../domain/trajectory.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import { cachedRun } from './cached-run.ts';
import { readVerdictOf } from './judgements.ts';
import type { TestBench } from './run-tests.ts';
import { withoutTestFiles } from './test-files.ts';

/** One patch to grade. */
export interface GradeRequest extends TestBench {
  readonly artifacts: Artifacts;
  readonly instance: Instance;
  /** sha256 of the parsed instance. */
  readonly instanceRef: string;
  /** The agent's diff against the bugged tree; null when it is too large to be one that is graded. */
  readonly patch: string | null;
  readonly rewardPower: number;
}

/**
 * Grades a patch in a fresh sandbox: its changes to test files are left out, the listed tests run, and the reward
 * follows from their outcomes. A patch that is too large, or does not apply, is left out and said so: what is graded
 * then is the tree as the agent found it. An infrastructure failure throws and is never a reward.
 */
export async function gradePatch(request: GradeRequest): Promise<Grading> {
  const { instance, instanceRef, artifacts, rewardPower } = request;
  const startedAt = Date.now();
  const environment = await request.sandbox.environment(instance);
  const patch = withoutTestFiles(request.patch ?? '', instance);
  const key = { digest: instanceRef, environment, stage: 'bugged', patch } as const;
  const { testRun, cached, flaky } = await cachedRun(request, instance, key);
  const judged = await readVerdictOf(artifacts, instanceRef, environment);
  const score = scoreReward(
    instance,
    testRun.outcomes,
    rewardPower,
    new Set(judged?.skippedInBaseline ?? []),
  );
  return {
    reward: score.reward,
    resolved: score.resolved,
    metrics: {
      ...score.metrics,
      gradingCached: cached ? 1 : 0,
      gradingFlaky: flaky ? 1 : 0,
      gradingTimedOut: testRun.timedOut ? 1 : 0,
      patchRejected: request.patch !== null && testRun.patchApplied ? 0 : 1,
    },
    outcomes: testRun.outcomes,
    patch,
    environment,
    exitCode: testRun.exitCode,
    timedOut: testRun.timedOut,
    log: request.patch === null ? `The patch was left out: it is too large\n${testRun.log}` : testRun.log,
    durationMs: Date.now() - startedAt,
  };
}
