import { SteadfastError } from '../../domain/failures.ts';
import { deriveSeed } from '../../domain/seeds.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Judgement } from '../../schemas/judgement.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { keepRun } from './cached-run.ts';
import {
  aroundTheBug,
  drawsChance,
  FLAKE_CHANCE,
  runsNeeded,
  runsNeededWithLuck,
  withoutSlow,
  worstFlake,
} from './flakes.ts';
import { reverseIsBroken } from './gold.ts';
import { healthOf, noteFlake, readmit, type Health } from './health.ts';
import { keepVerdict, readVerdictOf } from './judgements.ts';
import { keptOpen } from './kept-open.ts';
import { judgeRecord, judgeRuns, reject } from './rules.ts';
import { runTests, type TestBench } from './run-tests.ts';
import { sharedSoundRun } from './sound-run.ts';
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

/** Runs that a loaded host may have spoiled, of one tree; one more is held against the tests. */
const SET_ASIDE = 4;

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
  const sound = async (n: number): Promise<TestRun> =>
    await sharedSoundRun(
      { ...request, sandbox, environment, name: soundName },
      { instance, environment, memory, n },
    );
  const buggy = async (name: string, which: Instance): Promise<TestRun> =>
    await steadyRun(
      memory,
      async (given) =>
        await runTests({ ...request, sandbox, environment, name, limits: given }, which, 'bugged', ''),
    );
  try {
    // Before anything is run: it is cheap, and says what is wrong with a patch in git's words.
    await request.datasets.prepareTree(instance, 'bugged');
    const first = await sound(0);
    if (!first.patchApplied) return reject('patch_does_not_apply', first.log.split('\n')[0] ?? '');
    // Nothing that a run with the bug shows could mend this.
    const early = judgeRuns(instance, { sound: [first], buggy: [] });
    if (early.reason === 'f2p_fails_before') return early;
    const withBug = await repeated(plan.runs, async () => await buggy(buggyName, instance));
    await keepBaseline(request, environment, withBug);
    const verdict = judgeRuns(instance, { sound: [first], buggy: withBug });
    if (verdict.verdict === 'reject') return verdict;
    if (drawsChance(instance.bugPatch ?? '')) {
      const around = aroundTheBug(instance);
      const more = await repeated(plan.luck, async () => await buggy(aroundName, around));
      const lucky = judgeRuns(instance, { sound: [first], buggy: [...withBug, ...more] });
      if (lucky.verdict === 'reject') return lucky;
    }
    const sounds = await soundRuns(plan.runs, first, request.name, sound);
    const steady = judgeRuns(instance, { sound: sounds, buggy: withBug });
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

/** Runs of one tree until two differ, or until there are enough. */
async function repeated(count: number, once: () => Promise<TestRun>): Promise<readonly TestRun[]> {
  let runs: readonly TestRun[] = [];
  for (let left = SET_ASIDE; runs.length < count && worstFlake(runs) === null;) {
    const all = [...runs, await once()];
    runs = left > 0 ? withoutSlow(all) : all;
    if (runs.length < all.length) left--;
  }
  return runs;
}

/** The runs that instances of one source share; two that are judged at once begin at different ones. */
async function soundRuns(
  count: number,
  first: TestRun,
  name: string,
  run: (n: number) => Promise<TestRun>,
): Promise<readonly TestRun[]> {
  const runs = [first];
  const shift = deriveSeed(name);
  for (let i = 0; i < count - 1 && worstFlake(runs) === null; i++) {
    runs.push(await run(1 + ((shift + i) % (count - 1))));
  }
  return runs;
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
