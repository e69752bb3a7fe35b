import { createCurriculumActivity } from '../../src/activities/choose-instances.ts';
import type { RecordActivities } from '../../src/activities/contract.ts';
import { createInstanceActivities } from '../../src/activities/instances.ts';
import { createGroupRecordActivity } from '../../src/activities/record-group.ts';
import type { Artifacts } from '../../src/ports/artifacts.ts';
import { parseRunConfig } from '../../src/schemas/run-config.ts';
import { instanceNamed } from './stub-run.ts';

const refused = () => Promise.reject(new Error('unused'));

/** The activities of lists and group records as they are, over a store with instances `i-1`, `i-2`, … and the config of their run. */
export async function recordWorld(
  artifacts: Artifacts,
  count: number,
  fields: Readonly<Record<string, unknown>>,
): Promise<{
  readonly list: string;
  readonly config: string;
  readonly activities: Pick<
    RecordActivities,
    'readInstances' | 'shuffleInstances' | 'recordGroup' | 'chooseInstances'
  >;
}> {
  const refs = Array.from({ length: count }, (_, i) => instanceNamed(`i-${i + 1}`));
  const input = { model: 'm', data: '/d.jsonl', mode: 'train', ...fields };
  const config = parseRunConfig(input, { workflowId: 'r', machineConcurrency: 1 });
  const datasets = { load: refused, prepareTree: refused, prepareRequirements: refused };
  const { readInstances, shuffleInstances } = createInstanceActivities({ artifacts, datasets });
  return {
    list: await artifacts.putJson(refs),
    config: await artifacts.putJson(config),
    activities: {
      readInstances,
      shuffleInstances,
      ...createGroupRecordActivity({ artifacts }),
      ...createCurriculumActivity({ artifacts }),
    },
  };
}
