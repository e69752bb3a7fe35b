import type { Instance } from '../../domain/instance.ts';
import type { Grading } from '../../domain/trajectory.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { allowedPart } from './allowed-part.ts';
import { cachedRun } from './cached-run.ts';
import { sandboxesOfRun } from './confirmed-run.ts';
import { controlNames, forgeryIn } from './control-run.ts';
import { healthOf, limitsFor } from './health.ts';
import { readVerdictOf } from './judgements.ts';
import { disagreement, officialBeside } from './official-beside.ts';
import { runnerOf } from './runners/index.ts';
import type { TestBench } from './run-tests.ts';
import { scoreUntouched, worthless, type Scoring } from './score.ts';
import { secondRun, secondName } from './second-run.ts';
import { finding, verdictOf } from './verdict.ts';

/** One patch to grade. */
export interface GradeRequest extends TestBench {
  readonly artifacts: Artifacts;
  readonly instance: Instance;
  /** sha256 of the parsed instance. */
  readonly instanceRef: string;
  /** The agent's diff against the bugged tree; null when it is too large to be one that is graded. */
  readonly patch: string | null;
  readonly rewardPower: number;
  /** Share of gradings whose tests are run a second time and compared. */
  readonly verifyShare: number;
}

/** The names of all sandboxes that a grading may open, for closing what an earlier attempt left. */
export function gradingSandboxes(name: string): readonly string[] {
  const runs = [name, ...controlNames(name), secondName(name), baselineName(name)].flatMap(sandboxesOfRun);
  return [...runs, `${name}/official`];
}

/**
 * Grades a patch in fresh sandboxes: its allowed part is brought over, the listed tests run, and the reward follows from
 * their outcomes. A patch that is too large, or does not apply, is left out and said so: what is graded then is the tree
 * as the agent found it. More than doing nothing earns is paid only when a control run shows that the tests still decide.
 * An infrastructure failure throws and is never a reward.
 */
export async function gradePatch(given: GradeRequest): Promise<Grading> {
  const startedAt = Date.now();
  const { instance, instanceRef, artifacts } = given;
  const pinned = { pinned: given.environment, signal: given.signal };
  const environment = await given.sandbox.environment(instance, pinned);
  const limits = limitsFor(given.limits, await healthOf(artifacts, instanceRef, environment));
  const request = { ...given, environment, limits };
  const allowed = allowedPart(request.patch ?? '', instance);
  const key = { digest: instanceRef, environment, stage: 'bugged', patch: allowed.patch } as const;
  const first = await cachedRun(request, instance, key);
  const second = await secondRun(request, key, first);
  const baseline =
    allowed.patch === ''
      ? first
      : await cachedRun({ ...request, name: baselineName(request.name) }, instance, { ...key, patch: '' });
  const judged = await readVerdictOf(artifacts, instanceRef, environment);
  const scoring: Scoring = {
    instance,
    power: request.rewardPower,
    // Where no filter has judged it, of the tree as the agent found it.
    skippedInBaseline: new Set(judged?.skippedInBaseline ?? skippedIn(instance, baseline.testRun)),
  };
  const runs = [first.testRun, ...(second === null ? [] : [second.testRun])];
  const verdicts = runs.map((run) => verdictOf(scoring, allowed.patch, run, baseline.testRun));
  const { testRun, score, abuse, findings } = verdicts.reduce((a, b) =>
    b.score.reward < a.score.reward ? b : a,
  );
  const baselineReward = scoreUntouched(scoring, baseline.testRun).reward;
  const controlled = score.reward > baselineReward && runnerOf(instance).controls;
  const forgery = controlled ? await forgeryIn(request, instance, key) : null;
  const paid = forgery === null ? score : worthless(instance);
  const official = await officialBeside(request, testRun, environment);
  return {
    reward: paid.reward,
    resolved: paid.resolved,
    metrics: {
      ...paid.metrics,
      gradingCached: first.cached ? 1 : 0,
      gradingFlaky: second?.differs === true ? 1 : 0,
      gradingTimedOut: testRun.timedOut ? 1 : 0,
      gradingOutOfMemory: testRun.outOfMemory ? 1 : 0,
      patchRejected: request.patch !== null && testRun.patchApplied ? 0 : 1,
      controlled: controlled ? 1 : 0,
      forged: forgery === null ? 0 : 1,
      verified: second === null ? 0 : 1,
      baselineReward,
    },
    outcomes: testRun.outcomes,
    patch: allowed.patch,
    environment,
    exitCode: testRun.exitCode,
    timedOut: testRun.timedOut,
    log: request.patch === null ? `The patch was left out: it is too large\n${testRun.log}` : testRun.log,
    durationMs: Date.now() - startedAt,
    findings: [
      ...allowed.findings,
      ...findings,
      ...(second?.differs === true
        ? [finding('grading_disagrees', 'its tests came out differently twice')]
        : []),
      ...(forgery === null ? [] : [finding('forged_results', forgery)]),
      ...disagreement(official, paid.resolved),
    ],
    abuse,
    official,
  };
}

function skippedIn({ passToPass }: Instance, { outcomes }: TestRun): readonly string[] {
  return passToPass.filter((id) => outcomes[id] === 'skipped');
}

function baselineName(name: string): string {
  return `${name}-baseline`;
}
