import { Context } from '@temporalio/activity';
import { WHOLE_DATA } from '../domain/run-config.ts';
import { shuffled } from '../domain/seeds.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { InstanceList, InstanceRef, RecordActivities } from './contract.ts';
import { withoutQuarantined } from './grading/health.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readConfig } from './stored.ts';

type InstanceActivities = Pick<
  RecordActivities,
  'loadInstances' | 'readInstances' | 'selectInstances' | 'shuffleInstances' | 'leaveOutQuarantined'
>;

/** The activities that read data files and keep ordered lists of instances by reference. */
export function createInstanceActivities(deps: {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
}): InstanceActivities {
  const { artifacts, datasets } = deps;

  async function read(list: string): Promise<readonly InstanceRef[]> {
    return (await artifacts.getJson(list)) as readonly InstanceRef[];
  }

  async function store(refs: readonly InstanceRef[]): Promise<InstanceList> {
    return { ref: await artifacts.putJson(refs), count: refs.length };
  }

  /** The first of a list without those in quarantine. */
  async function trusted(
    list: string,
    count: number,
  ): Promise<{ readonly refs: readonly InstanceRef[]; readonly quarantined: number }> {
    const all = (await read(list)).slice(0, count);
    const refs = await withoutQuarantined(artifacts, all);
    const quarantined = all.length - refs.length;
    if (quarantined > 0) Context.current().log.warn('instances are left out: quarantined', { quarantined });
    return { refs, quarantined };
  }

  return {
    async loadInstances({ data, config, requireNonZeroTests, shuffleSeed }) {
      return await heartbeatWhile(async (signal) => {
        // An evaluation's set is taken whole; a run's own data as its configuration says.
        const run = config === undefined ? null : await readConfig(artifacts, config);
        const selection = run?.selection ?? WHOLE_DATA;
        const { instances, droppedWithoutTests, records, revision } = await datasets.load(
          { data, selection, seed: run?.seed ?? 0, requireNonZeroTests },
          signal,
        );
        const refs: InstanceRef[] = [];
        for (const instance of instances) {
          signal.throwIfAborted();
          refs.push({ instanceId: instance.instanceId, ref: await artifacts.putJson(instance) });
        }
        const ordered = shuffleSeed === null ? refs : shuffled(refs, shuffleSeed);
        return { list: await store(ordered), droppedWithoutTests, records, revision };
      });
    },

    async readInstances({ list, from, count }) {
      return await heartbeatWhile(async () => (await read(list)).slice(from, from + count));
    },

    async selectInstances({ list, positions, append }) {
      return await heartbeatWhile(async () => {
        const refs = await read(list);
        const before = append === null ? [] : await read(append);
        return await store([...before, ...positions.flatMap((position) => refs[position] ?? [])]);
      });
    },

    async shuffleInstances({ list, count, seed }) {
      return await heartbeatWhile(async () => {
        const { refs, quarantined } = await trusted(list, count);
        return { ...(await store(shuffled(refs, seed))), quarantined };
      });
    },

    async leaveOutQuarantined({ list, count }) {
      return await heartbeatWhile(async () => {
        const { refs, quarantined } = await trusted(list, count);
        return { ...(await store(refs)), quarantined };
      });
    },
  };
}
