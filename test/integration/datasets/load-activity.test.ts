import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RecordActivities } from '../../../src/activities/contract.ts';
import { createInstanceActivities } from '../../../src/activities/instances.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { RunConfig } from '../../../src/domain/run-config.ts';
import { parseRunConfig } from '../../../src/schemas/run-config.ts';
import { loadedIds, load, PARQUET } from '../../support/data-loader.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test("the activity takes what the run's configuration chooses, and says what the data was", async (t) => {
  const data = join(PARQUET, 'zstd-pages.parquet');
  const artifacts = createFolderArtifacts(temporaryHome(t));
  const activities = createInstanceActivities({
    artifacts,
    datasets: {
      load: async ({ selection, ...source }) => await load(source.data, { ...selection, ...source }),
      prepareTree: () => Promise.reject(new Error('unused')),
      prepareRequirements: () => Promise.reject(new Error('unused')),
    },
  });
  const environment = activityEnvironment();
  type Input = Parameters<RecordActivities['loadInstances']>[0];
  const loadInstances = async (given: Input) => await activities.loadInstances(given);
  const config: RunConfig = parseRunConfig(
    { model: 'm', data, where: 'stars >= 40', sample: 4, seed: 11 },
    { workflowId: 'w', machineConcurrency: 1 },
  );
  const input = { data, requireNonZeroTests: false, shuffleSeed: null };
  const chosen = await environment.run(loadInstances, { ...input, config: await artifacts.putJson(config) });
  assert.deepEqual([chosen.list.count, chosen.records, chosen.revision], [4, 14, null]);
  const page = { list: chosen.list.ref, from: 0, count: 32 };
  const refs = await environment.run(
    async (given: typeof page) => await activities.readInstances(given),
    page,
  );
  assert.deepEqual(
    refs.map(({ instanceId }) => instanceId),
    await loadedIds(data, { where: 'stars >= 40', sample: 4, seed: 11 }),
  );
  assert.equal(
    (await environment.run(loadInstances, input)).list.count,
    14,
    'an evaluation takes its set whole',
  );
});
