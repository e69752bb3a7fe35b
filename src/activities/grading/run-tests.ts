import { randomUUID } from 'node:crypto';
import { SteadfastError } from '../../domain/failures.ts';
import { listedTests, type Instance } from '../../domain/instance.ts';
import type { Datasets } from '../../ports/datasets.ts';
import type { CommandResult, Sandbox, SandboxLimits } from '../../ports/sandbox.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { NO_TEST_FILE, testCommand, testTimeLimitMs } from './test-command.ts';
import { listedOutcomes, readReport } from './test-report.ts';

/** Of the reporter's file: some 100,000 tests. */
const REPORT_BYTES = 32 * 1024 * 1024;
const APPLY_MS = 60_000;

/** Longer than any run of tests; by then nobody waits for it, and whoever finds its sandbox may end it. */
const LONGEST_MS = 2 * 3600_000;

/** A fresh sandbox for one run of tests. */
export interface TestBench {
  readonly sandbox: Sandbox;
  readonly datasets: Datasets;
  readonly limits: SandboxLimits;
  readonly run: string;
  /** Unique name of the sandbox. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Of the tests; the instance's own limit unless given. */
  readonly timeLimitMs?: number;
}

/** Runs the files of an instance's listed tests and answers the listed tests' outcomes, `missing` among them. */
export async function runTests(
  bench: TestBench,
  instance: Instance,
  stage: 'pristine' | 'bugged',
  patch: string,
): Promise<TestRun> {
  const testRun = await runTestFiles(bench, instance, stage, patch);
  return { ...testRun, outcomes: listedOutcomes(testRun.outcomes, listedTests(instance)) };
}

/**
 * Runs the files of an instance's listed tests in a fresh sandbox of that stage, after `patch`, and answers the
 * outcome of every test in them. What the tests do is data: a run that hangs, dies or cannot collect lacks tests. A
 * patch that does not apply is left out, and said so. Only what is not the patch's doing throws: a sandbox that fails,
 * or a pytest that cannot be loaded (`Grade.Failed`).
 */
export async function runTestFiles(
  bench: TestBench,
  instance: Instance,
  stage: 'pristine' | 'bugged',
  patch: string,
): Promise<TestRun> {
  const { sandbox, datasets, limits, run, name, signal } = bench;
  const tree = await datasets.prepareTree(instance, stage);
  // Where an image holds the source, opening applies the instance's bug patch.
  const opened = stage === 'pristine' ? { ...instance, bugPatch: null } : instance;
  try {
    const deadline = new Date(Date.now() + LONGEST_MS).toISOString();
    await sandbox.open({ name, run, instance: opened, tree, limits, deadline }, signal);
    const applied = await applyPatch(bench, 'patch', patch);
    const tests = await applyPatch(bench, 'test-patch', instance.testPatch ?? '');
    if (tests !== null) {
      throw new SteadfastError(
        'Instance.PatchDoesNotApply',
        `The test patch of ${instance.instanceId} does not apply: ${tests}`,
      );
    }
    const reportPath = `/tmp/steadfast-report-${randomUUID()}.jsonl`;
    const command = testCommand(instance, reportPath, bench.timeLimitMs ?? testTimeLimitMs(instance));
    const result = await sandbox.run(name, command, signal);
    const report = readReport(await sandbox.readFile(name, reportPath, REPORT_BYTES));
    if (report === null) refuseUnstarted(instance, result);
    return {
      outcomes: report ?? {},
      exitCode: result.exitCode,
      timedOut: result.timedOut,
      log: applied === null ? result.output : `The patch was left out: ${applied}\n${result.output}`,
      durationMs: result.durationMs,
      patchApplied: applied === null,
    };
  } finally {
    await sandbox.close(name);
  }
}

/** Applies a diff in the sandbox; null when it did, or git's words. */
async function applyPatch(bench: TestBench, key: string, patch: string): Promise<string | null> {
  if (patch === '') return null;
  const result = await bench.sandbox.run(
    bench.name,
    {
      key,
      script: 'cd /testbed && git apply -p1 --whitespace=nowarn -',
      session: 'plain',
      stdin: patch,
      timeoutMs: APPLY_MS,
      outputBytes: 4096,
    },
    bench.signal,
  );
  if (result.exitCode === 0) return null;
  return result.timedOut ? 'git apply took too long' : result.output.trim().slice(0, 500);
}

/** The reporter loads pytest before any code of the repository, so its silence is the sandbox's fault. */
function refuseUnstarted(instance: Instance, result: CommandResult): void {
  if (result.exitCode === NO_TEST_FILE || result.timedOut) return;
  const said = result.output.trim().slice(-1000);
  throw new SteadfastError(
    'Grade.Failed',
    `pytest did not start for ${instance.instanceId} (exit code ${result.exitCode}): ${said}`,
  );
}
