import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openingOf } from '../../../src/domain/run-opening.ts';
import { parseRunConfig } from '../../../src/schemas/run-config.ts';

const store = { runPath: (run: string, path: string) => `/store/runs/${run}/${path}` };

function opening(change: Record<string, unknown>) {
  const input = { mode: 'train', model: 'm', data: 'd.jsonl', lora_rank: 8, seed: 3, ...change };
  return openingOf('night', parseRunConfig(input, { workflowId: 'night', machineConcurrency: 1 }), store);
}

test('a run is opened with fresh weights below its own folder', () => {
  assert.deepEqual(opening({}), {
    run: 'night',
    baseModel: 'm',
    checkpointDir: '/store/runs/night/checkpoints',
    loraRank: 8,
    loraAlpha: null,
    seed: 3,
    from: null,
  });
});

test('a run begins at the checkpoint of another one where it is told to', () => {
  assert.equal(opening({ start_from: 'day@12' }).from, '/store/runs/day/checkpoints/step-0012');
});

test('the alpha of adapters is that of Tinker’s servers behind one', () => {
  assert.equal(opening({ trainer: 'tinker' }).loraAlpha, 32);
});
