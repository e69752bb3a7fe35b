import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Judgement, TestRun } from '../../schemas/test-run.ts';
import { keepRun } from './cached-run.ts';
import { keepVerdict, readVerdictOf } from './judgements.ts';
import { judgeRecord, judgeRuns, reject } from './rules.ts';
import { runTests, type TestBench } from './run-tests.ts';
import { sharedSoundRun } from './sound-run.ts';

/** One instance to judge. */
export interface JudgeRequest extends TestBench {
  readonly artifacts: Artifacts;
  readonly instance: Instance;
  /** sha256 of the parsed instance. */
  readonly instanceRef: string;
  /** Runs with the bug; more than one sees flaky tests. */
  readonly buggyRuns: number;
}

/** Judges an instance by the quality filter's rules, once for each environment. */
export async function judge(request: JudgeRequest): Promise<Judgement> {
  const { artifacts, instance, instanceRef } = request;
  const byRecord = judgeRecord(instance);
  if (byRecord !== null) return byRecord;
  const environment = await request.sandbox.environment(instance);
  const known = await readVerdictOf(artifacts, instanceRef, environment);
  if (known !== null) return known;
  const judgement = await judgeByRunning(request, environment);
  await keepVerdict(artifacts, instanceRef, environment, judgement);
  return judgement;
}

/** The names of the sandboxes that judging opens, for closing what an earlier attempt left. */
export function judgeSandboxes(name: string, buggyRuns: number): readonly string[] {
  return [`${name}-sound`, ...Array.from({ length: buggyRuns }, (_, i) => `${name}-bug-${i}`)];
}

async function judgeByRunning(request: JudgeRequest, environment: string): Promise<Judgement> {
  const { instance } = request;
  const [soundName = '', ...buggyNames] = judgeSandboxes(request.name, request.buggyRuns);
  try {
    // Before anything is run: it is cheap, and says what is wrong with a patch in git's words.
    await request.datasets.prepareTree(instance, 'bugged');
    const sound = await sharedSoundRun({ ...request, name: soundName }, instance, environment);
    if (!sound.patchApplied) return reject('patch_does_not_apply', sound.log.split('\n')[0] ?? '');
    // Nothing that a run with the bug shows could mend this.
    const early = judgeRuns(instance, sound, []);
    if (early.reason === 'f2p_fails_before') return early;
    const buggy: TestRun[] = [];
    for (const name of buggyNames) {
      buggy.push(await runTests({ ...request, name }, instance, 'bugged', ''));
    }
    await keepBaseline(request, environment, buggy);
    return judgeRuns(instance, sound, buggy);
  } catch (error) {
    if (!(error instanceof SteadfastError) || error.type !== 'Instance.PatchDoesNotApply') throw error;
    return reject('patch_does_not_apply', error.message);
  }
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
