import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { checkStart } from '../../../src/cli/check-start.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const RUN = { mode: 'train', model: '/m', data: '/d.jsonl', lora_rank: 8, start_from: 'dusk@2' };

test('a run begins at a checkpoint of its own model and rank, or not at all', async (t) => {
  const artifacts = createFolderArtifacts(temporaryHome(t));
  const refused = async (message: RegExp, change: Readonly<Record<string, unknown>> = {}) =>
    await assert.rejects(checkStart(artifacts, { ...RUN, ...change }), { name: 'CommandError', message });
  await refused(/^start_from is "dusk@2": there is no checkpoint .*dusk/);
  const manifest = { base_model: '/m', lora: { rank: 8 }, files: {} };
  await artifacts.writeRunFile('dusk', 'checkpoints/step-0002/manifest.json', JSON.stringify(manifest));
  await checkStart(artifacts, RUN);
  await refused(/^start_from is "dusk@2", of the model \/m; expected that for model, which is \/n$/, {
    model: '/n',
  });
  await refused(/^start_from is "dusk@2", of rank 8; expected that for lora_rank, which is 32$/, {
    lora_rank: 32,
  });
  await checkStart(artifacts, { ...RUN, start_from: null, model: '/n' });
});
