import { shuffled } from '../domain/seeds.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { InstanceList, InstanceRef, RecordActivities } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';

type InstanceActivities = Pick<
  RecordActivities,
  'loadInstances' | 'readInstances' | 'selectInstances' | 'shuffleInstances'
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

  return {
    async loadInstances({ data, requireNonZeroTests, shuffleSeed }) {
      return await heartbeatWhile(async () => {
        const { instances, droppedWithoutTests } = await datasets.load(data, { requireNonZeroTests });
        const refs: InstanceRef[] = [];
        for (const instance of instances) {
          refs.push({ instanceId: instance.instanceId, ref: await artifacts.putJson(instance) });
        }
        const ordered = shuffleSeed === null ? refs : shuffled(refs, shuffleSeed);
        return { list: await store(ordered), droppedWithoutTests };
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
      return await heartbeatWhile(
        async () => await store(shuffled((await read(list)).slice(0, count), seed)),
      );
    },
  };
}
