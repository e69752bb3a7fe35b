import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createResolveRunActivity } from '../../../src/activities/resolve-run.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

function resolving(artifacts: Artifacts, apiBase: string | null) {
  return createResolveRunActivity({ artifacts, machineConcurrency: 1, apiBase, searchable: false })
    .resolveRun;
}

const INPUT = { data: '/data.jsonl', model: 'm', mode: 'inference' };

test('a plan names what a run does beyond the usual, and nothing else', async (t) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const resolveRun = resolving(artifacts, null);
  const planOf = async (workflowId: string, change: Record<string, unknown>) => {
    const input = { ...INPUT, mode: 'train', epochs: 2, ...change };
    const { plan } = await activityEnvironment().run(resolveRun, { input, workflowId });
    return [plan.oversample, plan.chooses, plan.maxStaleness];
  };
  assert.deepEqual(await planOf('plain', {}), [undefined, undefined, undefined]);
  assert.deepEqual(await planOf('more', { oversample: 1.5, curriculum: true }), [1.5, true, undefined]);
});

test('a run is resolved again by its own execution alone', async (t) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const resolveRun = resolving(artifacts, null);
  const by = async (workflowId: string, runId: string) =>
    await activityEnvironment({ workflowExecution: { workflowId, runId } }).run(resolveRun, {
      input: INPUT,
      workflowId,
    });
  const first = await by('nightly-1', 'a');
  assert.deepEqual(await by('nightly-1', 'a'), first, 'a retry finds its own claim');
  const taken = { type: 'Config.Invalid', message: /names the run "nightly-1", which exists already/ };
  await assert.rejects(by('nightly-1', 'b'), taken);
  await assert.rejects(by('nightly:1', 'c'), taken, 'another id with the same folder');
  await artifacts.writeRunFile('old', 'config.json', '{}');
  await assert.rejects(by('old', 'd'), { type: 'Config.Invalid' });
});

test('a policy version that is kept here is sampled at the policy server, whatever endpoint the environment names', async (t) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const resolveRun = resolving(artifacts, 'https://api.example/v1');
  await artifacts.writeRunFile('trained', 'checkpoints/step-0003/manifest.json', '{}');
  const endpoints = {
    'trained@3': null,
    'claude@20240620': 'https://api.example/v1',
    m: 'https://api.example/v1',
  };
  for (const [model, apiBase] of Object.entries(endpoints)) {
    const workflowId = `with-${model}`;
    const { plan } = await activityEnvironment({ workflowExecution: { workflowId, runId: 'a' } }).run(
      resolveRun,
      {
        input: { ...INPUT, model },
        workflowId,
      },
    );
    assert.equal(plan.apiBase, apiBase, model);
  }
});
