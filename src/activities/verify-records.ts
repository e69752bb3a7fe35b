import { SteadfastError } from '../domain/failures.ts';
import { trajectoryPath } from '../domain/ids.ts';
import type { RunConfig } from '../domain/run-config.ts';
import { countsOf } from '../domain/rollout-totals.ts';
import {
  disagreementRate,
  isInShare,
  type Verified,
  type VerifyEntry,
  type VerifyPlan,
} from '../domain/verification.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { parseVerifyConfig } from '../schemas/verify-config.ts';
import type { VerifyRecordActivities } from './contract-verify.ts';
import type { GroupRecord } from './group-record.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** A page of what was found, in the order of the list. */
interface VerifiedPage {
  readonly from: number;
  readonly verified: readonly Verified[];
}

/** The activities that make a verification's list and write what it found. */
export function createVerifyRecordActivities(deps: {
  readonly artifacts: Artifacts;
  readonly machineConcurrency: number;
}): VerifyRecordActivities {
  const { artifacts } = deps;

  async function planVerification({ input }: { readonly input: unknown }): Promise<VerifyPlan> {
    return await heartbeatWhile(async () => {
      const { run, share, seed, sandbox, concurrency } = parseVerifyConfig(input, deps.machineConcurrency);
      const config = await configOf(artifacts, run);
      const entries = (await entriesOf(artifacts, run)).filter(({ path }) => isInShare(path, share, seed));
      return {
        run,
        config: await artifacts.putJson(config),
        list: await artifacts.putJson(entries),
        count: entries.length,
        share,
        seed,
        sandbox: sandbox ?? config.sandbox,
        concurrency,
      };
    });
  }

  async function readVerification(input: {
    readonly list: string;
    readonly from: number;
    readonly count: number;
  }): Promise<readonly VerifyEntry[]> {
    return await heartbeatWhile(async () => {
      const entries = (await artifacts.getJson(input.list)) as readonly VerifyEntry[];
      return entries.slice(input.from, input.from + input.count);
    });
  }

  async function recordVerification(
    input: Parameters<VerifyRecordActivities['recordVerification']>[0],
  ): Promise<void> {
    await heartbeatWhile(async () => {
      const { plan, from, verified } = input;
      // The first page of another verification ends the pages of the one before.
      const earlier = from === 0 ? [] : await pagesBefore(artifacts, plan.run, from);
      const page = `verify/${String(from).padStart(6, '0')}.json`;
      await artifacts.writeRunFile(plan.run, page, JSON.stringify({ from, verified }));
      const report = reportOf(plan, [...earlier.flatMap((one) => one.verified), ...verified]);
      await artifacts.writeRunFile(plan.run, 'verify.json', `${JSON.stringify(report, null, 1)}\n`);
    });
  }

  return { planVerification, readVerification, recordVerification };
}

/** Numbers first; of the trajectories those that do not agree. */
function reportOf(plan: VerifyPlan, all: readonly Verified[]): Record<string, unknown> {
  const outcomes = countsOf(all.map(({ outcome }) => outcome));
  return {
    run: plan.run,
    share: plan.share,
    seed: plan.seed,
    trajectories: plan.count,
    checked: all.length,
    outcomes,
    disagreementRate: disagreementRate(outcomes),
    notAgreed: all.filter(({ outcome }) => outcome !== 'agrees' && outcome !== 'unscored'),
  };
}

async function configOf(artifacts: Artifacts, run: string): Promise<RunConfig> {
  const text = await artifacts.readRunFile(run, 'config.json');
  if (text === null) {
    throw new SteadfastError(
      'Config.Invalid',
      `run is ${JSON.stringify(run)}; expected a run whose files are in the store`,
    );
  }
  try {
    return JSON.parse(text) as RunConfig;
  } catch (cause) {
    throw new SteadfastError('Artifact.Corrupt', `config.json of ${run} is not JSON`, { cause });
  }
}

/** The scored trajectories in order of their files, and those of which no group has told yet. */
async function entriesOf(artifacts: Artifacts, run: string): Promise<VerifyEntry[]> {
  const told = new Map<string, { readonly trajectory: string | null; readonly scored: boolean }>();
  for (const name of await artifacts.listRunFiles(run, 'groups')) {
    for (const { rollout, status, trajectory } of membersOf(
      await artifacts.readRunFile(run, `groups/${name}`),
    )) {
      told.set(trajectoryPath(run, rollout), { trajectory, scored: status === 'scored' });
    }
  }
  const files = (await artifacts.listRunFiles(run, 'trajectories'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => `trajectories/${name}`);
  // A file that was lost is found by its group.
  const paths = new Set([...files, ...[...told].flatMap(([path, { scored }]) => (scored ? [path] : []))]);
  return [...paths]
    .toSorted()
    .filter((path) => told.get(path)?.scored !== false)
    .map((path) => ({ path, trajectory: told.get(path)?.trajectory ?? null }));
}

/** A group's record that was damaged tells nothing; its trajectories are read by themselves. */
function membersOf(text: string | null): GroupRecord['members'] {
  try {
    return text === null ? [] : (JSON.parse(text) as GroupRecord).members;
  } catch {
    return [];
  }
}

async function pagesBefore(
  artifacts: Artifacts,
  run: string,
  before: number,
): Promise<readonly VerifiedPage[]> {
  const names = await artifacts.listRunFiles(run, 'verify');
  const texts = await Promise.all(names.map((name) => artifacts.readRunFile(run, `verify/${name}`)));
  return texts
    .flatMap(pageOf)
    .filter(({ from }) => from < before)
    .toSorted((a, b) => a.from - b.from);
}

/** A page that was damaged is left out of the report, and says so by its absence from `checked`. */
function pageOf(text: string | null): readonly VerifiedPage[] {
  try {
    return text === null ? [] : [JSON.parse(text) as VerifiedPage];
  } catch {
    return [];
  }
}
