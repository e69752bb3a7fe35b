import type { Instance } from '../../../domain/instance.ts';
import type { TestOutcomes } from '../../../domain/reward.ts';
import type { OfficialVerdict } from '../../../domain/trajectory.ts';
import type { Official } from '../../../ports/official.ts';
import type { CommandResult, SandboxCommand } from '../../../ports/sandbox.ts';

/** How the tests are run this time. */
interface RunnerOptions {
  readonly timeoutMs: number;
  /** Whether each listed test is to fail after its body has run: one that passes all the same is forged. */
  readonly control: boolean;
}

/** What a runner reads from a run of tests. */
export interface RunnerReport {
  /** Of every test that it found, by exact id. */
  readonly outcomes: TestOutcomes;
  /** Whether the runner came to its own end; the passes of a run that did not are worth nothing. */
  readonly ended: boolean;
  /** What shows that somebody else wrote into the report; null where nothing does. */
  readonly spoofed: string | null;
  /** Null where the data set has no harness of its own, and in a control run. */
  readonly official: OfficialVerdict | null;
}

/** One way of running an instance's tests in a sandbox and of reading what they came to. */
export interface Runner {
  /** Whether it can make a control run; one that reads a log cannot. */
  readonly controls: boolean;
  /** Whether its command applies the instance's test patch itself, as official scripts do. */
  readonly appliesTestPatch: boolean;
  /** The official harness is asked only where its own script is run. */
  command(
    instance: Instance,
    options: RunnerOptions,
    official: Official,
  ): SandboxCommand | Promise<SandboxCommand>;
  /** Null when the tests never started, which is the sandbox's fault and no result. */
  read(instance: Instance, result: CommandResult, official: Official): Promise<RunnerReport | null>;
}
