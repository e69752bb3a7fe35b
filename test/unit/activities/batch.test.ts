import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { BatchOutput } from '../../../src/activities/contract-trainer.ts';
import { createBatchActivity } from '../../../src/activities/build-batch.ts';
import { groupRecordOf } from '../../../src/activities/group-record.ts';
import { createInstanceActivities } from '../../../src/activities/instances.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { MaskReason } from '../../../src/domain/mask.ts';
import type { RolloutResult, TurnLink } from '../../../src/domain/trajectory.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';

let root: string;
let artifacts: Artifacts;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-'));
  artifacts = createFolderArtifacts(root);
});
after(async () => await rm(root, { recursive: true }));

/** Runs an activity as a worker would. */
async function carriedOut<T>(activity: () => Promise<T>): Promise<T> {
  return (await new MockActivityEnvironment().run(activity)) as T;
}

const modelTurn = (ids: readonly number[] | null, prompt: readonly number[] = [1, 2]): TurnLink => ({
  kind: 'model',
  parent: 'p',
  turn: 1,
  message: { role: 'assistant', content: '', toolCalls: [] },
  promptTokenIds: prompt,
  completionTokenIds: ids,
  logprobs: ids === null ? null : ids.map(() => -0.5),
  finishReason: 'stop',
  usage: null,
  model: 'm',
  startedAt: '',
  durationMs: 1,
});

async function member(
  id: string,
  reward: number | null,
  ids: readonly number[] | null,
  mask: MaskReason | null = null,
): Promise<RolloutResult> {
  return {
    rollout: id,
    instanceId: 'i',
    status: reward === null ? 'failed' : 'scored',
    stopReason: reward === null ? 'failed' : 'done',
    failureType: reward === null ? 'Sandbox.Gone' : null,
    reward,
    resolved: false,
    mask,
    policyVersion: 4,
    turns: 1,
    trajectory: await artifacts.putJson({ rollout: id, turns: [modelTurn(ids)], trainable: true }),
  };
}

describe('buildBatch', () => {
  it('writes samples by rollout, and leaves out what teaches nothing or cannot be trained on', async () => {
    const teaching = await record(2, [await member('y', 1, [5, 6]), await member('x', 0.5, [7])]);
    const equal = await record(3, [await member('v', 0.2, [5]), await member('w', 0.2, [5])]);
    const blind = await record(4, [
      await member('t', 1, null),
      await member('u', 0, [8]),
      await member('s', null, [9]),
    ]);
    const built = await build([blind, teaching, equal]);
    assert.deepEqual([built.samples, built.groupsWithoutVariance, built.untrainable], [3, 1, 1]);
    assert.deepEqual([built.masked, built.groupsTooSmall, built.refused], [{}, 0, null]);
    const { samples } = (await artifacts.getJson(built.batch ?? '')) as {
      samples: { rollout: string; tokens: number[]; mask: number[]; advantage: number; group: number }[];
    };
    assert.deepEqual(
      samples.map(({ rollout, tokens, mask, advantage, group }) => [rollout, tokens, mask, advantage, group]),
      [
        ['u', [1, 2, 8], [0, 0, 1], -0.5, 4],
        ['x', [1, 2, 7], [0, 0, 1], -0.25, 2],
        ['y', [1, 2, 5, 6], [0, 0, 1, 1], 0.25, 2],
      ],
    );
    assert.deepEqual(await build([teaching, equal, blind]), built);
  });

  it('makes a lost record again from its readable copy, and goes on without one that has none', async () => {
    const results = [await member('r/g-000007/i/0.0', 1, [5]), await member('r/g-000007/i/1.0', 0, [6])];
    const made = groupRecordOf({ run: 'r', group: 7, purpose: 'train' }, results, 'mean');
    const hash = await artifacts.putJson(made);
    await artifacts.writeRunFile('r', 'groups/g-000007.json', JSON.stringify(made));
    const [first = '', second = ''] = results.flatMap(({ trajectory }) => trajectory ?? []);
    const text = JSON.stringify(await artifacts.getJson(first), null, 1);
    await artifacts.writeRunFile('r', 'trajectories/g-000007-i-0.0.json', text);
    const whole = await build([hash]);
    assert.equal(whole.samples, 2);

    for (const blob of [hash, first]) await rm(artifacts.blobPath(blob));
    assert.deepEqual(await build([hash]), whole);
    assert.deepEqual(await artifacts.getJson(hash), made);
    await writeFile(artifacts.blobPath(second), '{}');
    await artifacts.writeRunFile('r', 'trajectories/g-000007-i-1.0.json', '{"turns": []}');
    const { samples, untrainable } = await build([hash, 'f'.repeat(64)]);
    assert.deepEqual([samples, untrainable], [1, 2]);
  });

  it('leaves out what has nothing before its first reply, and what its own record keeps from training', async () => {
    const records = [
      { turns: [modelTurn([5])], trainable: true },
      { turns: [modelTurn([6], [])], trainable: true },
      { turns: [modelTurn([7])], trainable: false },
    ];
    const results = await Promise.all(
      records.map(async (stored, i) => ({
        ...(await member(`${i}`, i === 0 ? 1 : 0, [5])),
        trajectory: await artifacts.putJson(stored),
      })),
    );
    const built = await build([await record(8, results)]);
    assert.deepEqual([built.samples, built.untrainable], [1, 2]);
  });

  it('makes no batch of groups that teach nothing', async () => {
    const equal = await record(3, [await member('v', 0.2, [5]), await member('w', 0.2, [5])]);
    assert.deepEqual(await build([equal]), {
      batch: null,
      samples: 0,
      groupsWithoutVariance: 1,
      groupsTooSmall: 0,
      untrainable: 0,
      masked: {},
      refused: null,
    });
  });

  it('trains on no masked member, counts each by its reason, and drops a group that is too small without it', async () => {
    const masked = await record(2, [
      await member('a', 1, [5]),
      await member('b', 0, [6]),
      await member('c', 0.5, [7], 'grading_timeout'),
      await member('d', 0.5, [7], 'finding:output_spoofed'),
    ]);
    const small = await record(3, [await member('e', 1, [5]), await member('f', 0, [6], 'agent_timeout')]);
    const equal = await record(4, [
      await member('g', 0.2, [5]),
      await member('h', 0.2, [6]),
      await member('i', 1, [7], 'grading_timeout'),
    ]);
    const built = await build([masked, small, equal]);
    assert.deepEqual(built.masked, { grading_timeout: 2, 'finding:output_spoofed': 1, agent_timeout: 1 });
    assert.deepEqual([built.groupsTooSmall, built.groupsWithoutVariance, built.refused], [1, 1, null]);
    const { samples } = (await artifacts.getJson(built.batch ?? '')) as {
      samples: { rollout: string; advantage: number }[];
    };
    assert.deepEqual(
      samples.map(({ rollout, advantage }) => [rollout, advantage]),
      [
        ['a', 0.5],
        ['b', -0.5],
      ],
    );
  });

  it('refuses a batch whose rewards are the machinery’s', async () => {
    const cut = await record(5, [
      await member('j', 0, [5], 'grading_timeout'),
      await member('k', 0, [6], 'grading_out_of_memory'),
    ]);
    const built = await build([cut]);
    assert.equal(built.batch, null);
    assert.match(built.refused ?? '', /2 of its 2 rollouts .*grading_timeout 1, grading_out_of_memory 1/);
    const taught = await record(6, [await member('l', 1, [5]), await member('m', 0, [6])]);
    assert.equal((await build([cut, taught])).refused, null);
  });
});

describe('instance lists', () => {
  it('are read by position, selected in parts and shuffled by seed', async () => {
    const refs = Array.from({ length: 10 }, (_, i) => ({ instanceId: `i-${i}`, ref: `${i}` }));
    const list = await artifacts.putJson(refs);
    const activities = createInstanceActivities({
      artifacts,
      datasets: {
        load: () => Promise.reject(new Error('unused')),
        prepareTree: () => Promise.reject(new Error('unused')),
        prepareRequirements: () => Promise.reject(new Error('unused')),
      },
    });
    const ids = async (of: { ref: string; count: number }) =>
      (await carriedOut(() => activities.readInstances({ list: of.ref, from: 0, count: 32 }))).map(
        ({ instanceId }) => instanceId,
      );
    const first = await carriedOut(() =>
      activities.selectInstances({ list, positions: [0, 2], append: null }),
    );
    const both = await carriedOut(() =>
      activities.selectInstances({ list, positions: [5], append: first.ref }),
    );
    assert.deepEqual(await ids(both), ['i-0', 'i-2', 'i-5']);
    const once = await carriedOut(() => activities.shuffleInstances({ list, count: 6, seed: 3 }));
    const again = await carriedOut(() => activities.shuffleInstances({ list, count: 6, seed: 3 }));
    const other = await carriedOut(() => activities.shuffleInstances({ list, count: 6, seed: 4 }));
    assert.equal(once.ref, again.ref);
    assert.notEqual(once.ref, other.ref);
    assert.deepEqual((await ids(once)).toSorted(), ['i-0', 'i-1', 'i-2', 'i-3', 'i-4', 'i-5']);
  });
});

async function record(group: number, results: readonly RolloutResult[]): Promise<string> {
  return await artifacts.putJson(groupRecordOf({ run: 'r', group, purpose: 'train' }, results, 'mean'));
}

async function build(groups: readonly string[]): Promise<BatchOutput> {
  const { buildBatch } = createBatchActivity({ artifacts });
  const config = await artifacts.putJson({});
  return await carriedOut(() => buildBatch({ run: 'r', step: 1, config, groups }));
}
