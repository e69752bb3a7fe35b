import { SteadfastError } from '../../domain/failures.ts';
import { listedTests, type Instance } from '../../domain/instance.ts';
import type { Datasets } from '../../ports/datasets.ts';
import type { Official } from '../../ports/official.ts';
import type { CommandResult, Sandbox, SandboxLimits } from '../../ports/sandbox.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { runnerOf } from './runners/index.ts';
import { LOG_BYTES, testTimeLimitMs } from './test-command.ts';
import { listedOutcomes } from './listed-outcomes.ts';

const APPLY_MS = 60_000;

/** Longer than any run of tests; by then nobody waits for it, and whoever finds its sandbox may end it. */
const LONGEST_MS = 2 * 3600_000;

/** A fresh sandbox for one run of tests. */
export interface TestBench {
  readonly sandbox: Sandbox;
  readonly datasets: Datasets;
  readonly official: Official;
  readonly limits: SandboxLimits;
  readonly run: string;
  /** What the sandbox runs in, as `environment` answered; resolved anew where absent. */
  readonly environment?: string | undefined;
  /** Unique name of the sandbox. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** Of the tests; the instance's own limit unless given. */
  readonly timeLimitMs?: number;
  /** Whether nothing that was kept from earlier may stand for a run. */
  readonly fresh?: boolean;
  /** Whether every listed test is made to fail after its body has run. */
  readonly control?: boolean;
}

/** A reporter loads its test runner before any code of the repository, so its silence is the sandbox's fault. */
export class NotStarted extends SteadfastError {
  constructor(instance: Instance, result: CommandResult) {
    const said = result.output.trim().slice(-1000);
    const message = `The test runner did not start for ${instance.instanceId} (exit code ${result.exitCode}): ${said}`;
    super('Grade.Failed', message);
  }
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
 * or a test runner that cannot be loaded (`Grade.Failed`).
 */
export async function runTestFiles(
  bench: TestBench,
  instance: Instance,
  stage: 'pristine' | 'bugged',
  patch: string,
): Promise<TestRun> {
  const { sandbox, datasets, limits, run, environment, name, signal } = bench;
  const runner = runnerOf(instance);
  const tree = await datasets.prepareTree(instance, stage);
  const requirements = await datasets.prepareRequirements(instance);
  // Where an image holds the source, opening applies the instance's bug patch.
  const opened = stage === 'pristine' ? { ...instance, bugPatch: null } : instance;
  try {
    const deadline = new Date(Date.now() + LONGEST_MS).toISOString();
    const spec = { name, run, instance: opened, environment, tree, requirements, limits, deadline };
    await sandbox.open(spec, signal);
    // First, so that no change of the agent's can keep it from applying; the two touch no file in common.
    const testPatch = runner.appliesTestPatch ? '' : (instance.testPatch ?? '');
    const tests = await applyPatch(bench, 'test-patch', testPatch);
    if (tests !== null) {
      throw new SteadfastError(
        'Instance.PatchDoesNotApply',
        `The test patch of ${instance.instanceId} does not apply: ${tests}`,
      );
    }
    const applied = await applyPatch(bench, 'patch', patch);
    const timeoutMs = bench.timeLimitMs ?? testTimeLimitMs(instance);
    const options = { timeoutMs, control: bench.control === true };
    const command = await runner.command(instance, options, bench.official);
    const result = await sandbox.run(name, command, signal);
    const report = await runner.read(instance, result, bench.official);
    if (report === null && !result.timedOut) throw new NotStarted(instance, result);
    const log = evidenceOf(result.output);
    return {
      outcomes: report?.outcomes ?? {},
      ended: report?.ended ?? false,
      spoofed: report?.spoofed ?? null,
      official: report?.official ?? null,
      exitCode: result.exitCode,
      timedOut: result.timedOut,
      outOfMemory: result.outOfMemory,
      log: applied === null ? log : `The patch was left out: ${applied}\n${log}`,
      durationMs: result.durationMs,
      patchApplied: applied === null,
    };
  } finally {
    await sandbox.close(name);
  }
}

/** Head and tail of an output that was read whole, as much as is kept of any. */
function evidenceOf(output: string): string {
  if (output.length <= LOG_BYTES) return output;
  const half = LOG_BYTES / 2;
  return `${output.slice(0, half)}\n[…]\n${output.slice(-half)}`;
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
