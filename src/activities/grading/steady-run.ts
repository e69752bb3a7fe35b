import type { Artifacts } from '../../ports/artifacts.ts';
import type { SandboxLimits } from '../../ports/sandbox.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { largerClass, limitsFor, noteClass, type Health, type ResourceClass } from './health.ts';

/** The tests of an instance cannot be run to their end; `reason` is the verdict's. */
export class Unrunnable extends Error {
  readonly reason: 'hangs' | 'out_of_memory';

  constructor(reason: 'hangs' | 'out_of_memory', message: string) {
    super(message);
    this.name = 'Unrunnable';
    this.reason = reason;
  }
}

/** The memory that an instance's sandboxes are given; grows when it does not suffice, and is remembered. */
export class Memory {
  private resourceClass: ResourceClass;
  private readonly remember: (resourceClass: ResourceClass) => Promise<void>;
  private readonly base: SandboxLimits;

  constructor(options: {
    readonly artifacts: Artifacts;
    readonly instanceRef: string;
    readonly environment: string;
    readonly limits: SandboxLimits;
    readonly health: Pick<Health, 'resourceClass'>;
  }) {
    const { artifacts, instanceRef, environment, limits, health } = options;
    this.base = limits;
    this.resourceClass = health.resourceClass;
    this.remember = async (one) => await noteClass(artifacts, instanceRef, environment, one);
  }

  get limits(): SandboxLimits {
    return limitsFor(this.base, { resourceClass: this.resourceClass });
  }

  /** Goes to the next class; throws `Unrunnable` above the largest. */
  async grow(): Promise<void> {
    const next = largerClass(this.resourceClass);
    if (next === null) {
      const mebibytes = Math.round(this.limits.memoryBytes / 2 ** 20);
      throw new Unrunnable('out_of_memory', `its tests need more than ${mebibytes} MiB of memory`);
    }
    this.resourceClass = next;
    await this.remember(next);
  }
}

/**
 * A run of tests that ended by itself. One that ran out of memory is made again with more; one that was cut at its time
 * limit, or whose test runner died, is made again once, since a loaded host may be at fault. Throws `Unrunnable`.
 */
export async function steadyRun(
  memory: Memory,
  once: (limits: SandboxLimits) => Promise<TestRun>,
): Promise<TestRun> {
  let cut = false;
  let died = false;
  for (;;) {
    const testRun = await once(memory.limits);
    if (testRun.outOfMemory) await memory.grow();
    else if (testRun.timedOut) {
      if (cut)
        throw new Unrunnable('hangs', `its tests were still running after ${seconds(testRun)} s, twice`);
      cut = true;
    } else if (!testRun.ended && !died) died = true;
    else return proven(testRun);
  }
}

/** The passes of a run that did not come to its end are worth nothing. */
function proven(testRun: TestRun): TestRun {
  if (testRun.ended) return testRun;
  const outcomes = Object.entries(testRun.outcomes).map(
    ([id, outcome]) => [id, outcome === 'passed' ? 'missing' : outcome] as const,
  );
  return { ...testRun, outcomes: Object.fromEntries(outcomes) };
}

function seconds(testRun: TestRun): number {
  return Math.round(testRun.durationMs / 1000);
}
