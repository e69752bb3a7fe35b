import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Judgement } from '../../schemas/judgement.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { keepRun } from './cached-run.ts';
import { aroundTheBug, drawsChance, FLAKE_CHANCE, runsNeeded, runsNeededWithLuck } from './flakes.ts';
import { reverseIsBroken } from './gold.ts';
import { healthOf, noteFlake, readmit, type Health } from './health.ts';
import { keepVerdict, readVerdictOf } from './judgements.ts';
import { keptOpen } from './kept-open.ts';
import { Repeats } from './repeats.ts';
import { judgeRecord, judgeRuns, reject } from './rules.ts';
import { runTests, type TestBench } from './run-tests.ts';
import { sharedSoundRuns } from './sound-runs.ts';
import { Memory, steadyRun, Unrunnable } from './steady-run.ts';

/** One instance to judge. */
export interface JudgeRequest extends TestBench {
  readonly artifacts: Artifacts;
  readonly instance: Instance;
  /** sha256 of the parsed instance. */
  readonly instanceRef: string;
  /** The chance, at most, that a flaky test goes unseen; 1% unless given. */
  readonly flakeChance?: number;
}

/** How often an instance in quarantine may have its runs doubled: by then a luckier coin would be a steady test. */
const DOUBLINGS = 3;

/**
 * Judges an instance by the quality filter's rules, once for each environment. One in quarantine is judged again, with
 * twice the runs, and with twice as many again for each time it comes back; when they all agree it is admitted again.
 */
export async function judge(request: JudgeRequest): Promise<Judgement> {
  const { artifacts, instance, instanceRef, flakeChance = FLAKE_CHANCE } = request;
  const byRecord = judgeRecord(instance);
  if (byRecord !== null) return byRecord;
  const environment = await request.sandbox.environment(instance, { signal: request.signal });
  const health = await healthOf(artifacts, instanceRef, environment);
  const doublings = health.quarantined ? Math.min(DOUBLINGS, health.readmissions + 1) : 0;
  const times = 2 ** doublings;
  const runs = runsNeeded(flakeChance) * times;
  const known = health.quarantined ? null : await readVerdictOf(artifacts, instanceRef, environment);
  if (known !== null && (known.verdict === 'reject' || known.runs >= runs)) return known;
  const luck = runsNeededWithLuck(flakeChance) * times;
  const judgement = await judgeByRunning({ ...request, environment }, { environment, health, runs, luck });
  await keepVerdict(artifacts, instanceRef, environment, judgement);
  if (judgement.reason === 'flaky') await noteFlake(artifacts, instanceRef, environment, 'filter');
  else if (judgement.verdict === 'accept' && health.quarantined)
    await readmit(artifacts, instanceRef, health);
  return judgement;
}

/** The names of the sandboxes that judging opens, for closing what an earlier attempt left. */
export function judgeSandboxes(name: string): readonly string[] {
  return ['sound', 'bug', 'around', 'gold'].map((role) => `${name}-${role}`);
}

interface Plan {
  readonly environment: string;
  readonly health: Health;
  /** Runs of one tree. */
  readonly runs: number;
  /** Runs of the tests around a bug that draws chance. */
  readonly luck: number;
}

async function judgeByRunning(request: JudgeRequest, plan: Plan): Promise<Judgement> {
  const { instance, artifacts, limits, instanceRef } = request;
  const { environment, health } = plan;
  const sandbox = keptOpen(request.sandbox);
  const names = judgeSandboxes(request.name);
  const [soundName = '', buggyName = '', aroundName = '', goldName = ''] = names;
  const memory = new Memory({ artifacts, instanceRef, environment, limits, health });
  // What was seen flaky may have been a kept run's fault, so an instance in quarantine is judged by none.
  const bench = { ...request, sandbox, environment, name: soundName, fresh: health.quarantined };
  const soundRuns = sharedSoundRuns(bench, { instance, environment, memory, count: plan.runs });
  const buggy = async (name: string, which: Instance): Promise<TestRun> =>
    await steadyRun(
      memory,
      async (given) =>
        await runTests({ ...request, sandbox, environment, name, limits: given }, which, 'bugged', ''),
    );
  try {
    // Before anything is run: it is cheap, and says what is wrong with a patch in git's words.
    await request.datasets.prepareTree(instance, 'bugged');
    let first = await soundRuns.first();
    if (!first.patchApplied) return reject('patch_does_not_apply', first.log.split('\n')[0] ?? '');
    // Nothing that a run with the bug shows could mend this, but for a host that spoiled the one run.
    if (failsBefore(instance, [first])) {
      const twice = await soundRuns.atLeast(2);
      const early = judgeRuns(instance, { sound: twice, buggy: [] });
      if (early.reason === 'flaky' || failsBefore(instance, twice)) return early;
      first = await soundRuns.first();
    }
    const withBug = await new Repeats(async () => await buggy(buggyName, instance)).atLeast(plan.runs);
    await keepBaseline(request, environment, withBug);
    const verdict = judgeRuns(instance, { sound: [first], buggy: withBug });
    if (verdict.verdict === 'reject') return verdict;
    if (drawsChance(instance.bugPatch ?? '')) {
      const around = aroundTheBug(instance);
      const more = await new Repeats(async () => await buggy(aroundName, around)).atLeast(plan.luck);
      const lucky = judgeRuns(instance, { sound: [first], buggy: [...withBug, ...more] });
      if (lucky.verdict === 'reject') return lucky;
    }
    const sound = await soundRuns.atLeast(plan.runs);
    const steady = judgeRuns(instance, { sound, buggy: withBug });
    if (steady.verdict === 'reject') return steady;
    const broken = await reverseIsBroken(
      { ...request, environment, name: goldName },
      instance,
      memory.limits,
    );
    return broken === null ? steady : { ...steady, ...reject('gold_does_not_resolve', broken) };
  } catch (error) {
    if (error instanceof Unrunnable) return reject(error.reason, error.message);
    if (!(error instanceof SteadfastError) || error.type !== 'Instance.PatchDoesNotApply') throw error;
    return reject('patch_does_not_apply', error.message);
  } finally {
    await Promise.all(names.map((name) => sandbox.end(name)));
  }
}

/** Whether runs without the bug show that FAIL_TO_PASS does not pass even there. */
function failsBefore(instance: Instance, sound: readonly TestRun[]): boolean {
  return judgeRuns(instance, { sound, buggy: [] }).reason === 'f2p_fails_before';
}

/** A rollout that changes nothing is graded by the first run with the bug. */
async function keepBaseline(
  request: JudgeRequest,
  environment: string,
  buggy: readonly TestRun[],
): Promise<void> {
  const [run] = buggy;
  if (run === undefined) return;
  const key = { digest: request.instanceRef, environment, stage: 'bugged', patch: '' } as const;
  await keepRun(request.artifacts, key, run);
}
