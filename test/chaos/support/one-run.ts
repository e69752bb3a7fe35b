import type { Expected } from '../check-records.ts';
import type { Findings } from '../findings.ts';
import type { Events } from '../histories.ts';
import { checkRun, closeChecked } from '../invariants.ts';
import { drawsOf, type Draws } from '../random.ts';
import type { Outcome, Row, RowSession } from '../row.ts';
import type { RunInput } from '../run-input.ts';
import type { StartedRun } from '../started-run.ts';
import { ChaosWorld } from '../world.ts';
import type { WorldOptions } from '../world-options.ts';

/** A run of one rollout, and the fault that meets it. */
export interface OneRun {
  readonly input?: RunInput;
  readonly expected: Expected;
  /** Injects the fault while the run is under way; answers when it is over. */
  readonly during?: (run: StartedRun) => Promise<void>;
  /** Failures that the fault excuses, as findings word them. */
  readonly excused?: RegExp;
  /** Whether the fault excuses that the run did not complete; no fault does unless given. */
  readonly excusesEnd?: (run: StartedRun) => Promise<boolean>;
  /** Seconds until work went on; asked when the run has ended. */
  readonly recovery: (histories: readonly Events[]) => number | null;
  /** What else must hold. */
  readonly more?: (run: StartedRun, findings: Findings) => Promise<void>;
  /** Gives up what the try held. */
  readonly end?: () => Promise<void>;
}

/** Fields of a run of one rollout. */
const ONE_ROLLOUT: RunInput = { num_instances: 1, rollouts_per_instance: 1, concurrency: 1 };

/** What a row is whose tries are runs of one rollout each, any number at a time in one world. */
export interface OneRunSpec extends Omit<Row, 'open'> {
  /** Rows that give the same object may share a world. */
  readonly world: WorldOptions;
  readonly plan: (world: ChaosWorld, draws: Draws) => Promise<OneRun>;
}

/** A row whose sessions may be opened in a world that others use before and after it. */
export interface OneRunRow extends OneRunSpec, Row {
  openIn(world: ChaosWorld): Promise<RowSession>;
}

/** Makes a row of runs of one rollout each, which leaves its world as it was. */
export function oneRunRow(spec: OneRunSpec): OneRunRow {
  return {
    ...spec,
    open: async () => await sessionIn(await ChaosWorld.start(spec.world), spec.plan, true),
    openIn: async (world) => await sessionIn(world, spec.plan, false),
  };
}

async function sessionIn(world: ChaosWorld, plan: OneRunSpec['plan'], owned: boolean): Promise<RowSession> {
  const close = async () => {
    if (owned) await closeChecked(world);
  };
  try {
    // The first run copies the repository and grades; those after it find both.
    await world.run(ONE_ROLLOUT);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return { close, attempt: async (seed) => await attempt(world, await plan(world, drawsOf(seed))) };
}

async function attempt(world: ChaosWorld, one: OneRun): Promise<Outcome> {
  const { input, expected, during, excused, excusesEnd, recovery, more, end } = one;
  try {
    const run = await world.begin({ ...ONE_ROLLOUT, ...input });
    await during?.(run);
    const status = await run.closed();
    const { findings, histories } = await checkRun(world, run.run, expected);
    if (excused !== undefined) forgive(findings, excused);
    if (status !== 'COMPLETED' && !(await excusesEnd?.(run))) findings.break(`the run is ${status}`);
    await more?.(run, findings);
    return findings.outcome(recovery(histories));
  } finally {
    await end?.();
  }
}

function forgive({ broken }: Findings, excused: RegExp): void {
  const left = broken.filter((what) => !excused.test(what));
  broken.splice(0, broken.length, ...left);
}
