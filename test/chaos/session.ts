import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { COUNTED, type Expected } from './check-records.ts';
import { Findings } from './findings.ts';
import type { Events } from './histories.ts';
import { type CheckedRun, checkRun, closeChecked } from './invariants.ts';
import { type Draws, drawsOf } from './random.ts';
import type { Outcome, Row, RowSession } from './row.ts';
import type { RunInput } from './run-input.ts';
import type { StartedRun } from './started-run.ts';
import { ChaosWorld } from './world.ts';
import type { WorldOptions } from './world-options.ts';

/** What a fault knows of the try that it is part of. */
export interface Scene {
  readonly world: ChaosWorld;
  readonly run: StartedRun;
  readonly draws: Draws;
  /** Waits until a share of the time that a run without faults takes has passed since this one began. */
  readonly at: (share: number) => Promise<void>;
}

/**
 * What came of a fault: how many seconds passed until work went on, told from the histories of the rollouts (null where
 * nothing had to go on); null where there is nothing to tell; or in words, why the fault did not come about.
 */
export type Injected = ((histories: readonly Events[]) => number | null) | string | null;

/** What a row is that makes its tries as small runs in one world, each with one fault. */
export interface RunRowSpec extends Omit<Row, 'open'> {
  /** Rows that give the same object may share a world. */
  readonly world?: WorldOptions;
  /** Fields of each try's run. */
  readonly run?: RunInput;
  readonly expected?: Expected;
  /** Injects the fault; answers when it is over. */
  readonly inject: (scene: Scene) => Promise<Injected>;
  /** Status that the run must close with; `COMPLETED` unless given. */
  readonly closes?: readonly string[];
}

/** A row whose sessions may be opened in a world that others use before and after it. */
export interface RunRow extends RunRowSpec, Row {
  openIn(world: ChaosWorld): Promise<RowSession>;
}

/** Makes a row of runs with one fault each; its session measures first what a run without faults takes. */
export function runRow(spec: RunRowSpec): RunRow {
  const openIn = async (world: ChaosWorld, owned: boolean) => {
    const session = new RunSession(world, spec, owned);
    try {
      await session.calibrate();
      return session;
    } catch (error) {
      await session.close().catch(() => undefined);
      throw error;
    }
  };
  return {
    ...spec,
    open: async () => await openIn(await ChaosWorld.start(spec.world), true),
    openIn: async (world) => await openIn(world, false),
  };
}

/** What a run without faults takes when its gradings are known, and when they are not. */
interface CleanMs {
  readonly known: number;
  readonly unknown: number;
}

/** Share of the tries that run their tests, which takes twice as long as all the rest of a run. */
const TRIES_THAT_GRADE = 0.2;

const measured = new WeakMap<ChaosWorld, Map<string, CleanMs>>();

class RunSession implements RowSession {
  private readonly world: ChaosWorld;
  private readonly row: RunRowSpec;
  private readonly owned: boolean;
  private cleanMs: CleanMs = { known: 0, unknown: 0 };
  /** One fault at a time; only the wait for what is left behind may overlap with the next try. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(world: ChaosWorld, row: RunRowSpec, owned: boolean) {
    this.world = world;
    this.row = row;
    this.owned = owned;
  }

  /** Once for each kind of run of a world. */
  async calibrate(): Promise<void> {
    const known = measured.get(this.world) ?? new Map<string, CleanMs>();
    measured.set(this.world, known);
    const kind = JSON.stringify(this.row.run ?? {});
    this.cleanMs = known.get(kind) ?? (await this.measure());
    known.set(kind, this.cleanMs);
  }

  async attempt(seed: number): Promise<Outcome> {
    const tried = this.turn.then(async () => await this.inject(seed));
    this.turn = tried.catch(() => undefined);
    const { run, injected, findings } = await tried;
    const checked = await checkRun(this.world, run, this.row.expected ?? COUNTED);
    merge(checked, findings);
    return checked.findings.outcome(typeof injected === 'function' ? injected(checked.histories) : null);
  }

  async close(): Promise<void> {
    await this.turn;
    if (this.owned) await closeChecked(this.world);
  }

  private async measure(): Promise<CleanMs> {
    // The first one copies the repositories.
    await this.world.run(this.row.run);
    await this.forgetGradings();
    const unknown = await this.timed();
    return { unknown, known: await this.timed() };
  }

  private async timed(): Promise<number> {
    const began = Date.now();
    await this.world.run(this.row.run);
    return Date.now() - began;
  }

  private async forgetGradings(): Promise<void> {
    await rm(join(this.world.store, 'cache'), { recursive: true, force: true });
  }

  private async inject(seed: number) {
    const draws = drawsOf(seed);
    const findings = new Findings();
    // Some of the tries run their tests; the others find the gradings of equal patches, as groups do.
    const gradings = draws.next() < TRIES_THAT_GRADE ? 'unknown' : 'known';
    if (gradings === 'unknown') await this.forgetGradings();
    const run = await this.world.begin(this.row.run);
    const at = async (share: number) => {
      await sleep(Math.max(0, run.startedAt + share * this.cleanMs[gradings] - Date.now()));
    };
    const injected = await this.row.inject({ world: this.world, run, draws, at });
    if (typeof injected === 'string') findings.break(injected);
    const status = await run.closed();
    if (!(this.row.closes ?? ['COMPLETED']).includes(status)) {
      findings.break(`the run ${run.run} is ${status}`);
    }
    return { run: run.run, injected, findings };
  }
}

function merge(checked: CheckedRun, findings: Findings): void {
  for (const what of findings.broken) checked.findings.break(what);
}
