import assert from 'node:assert/strict';
import { test } from 'node:test';
import { conversationsOfGroup } from '../../../src/activities/batch-conversations.ts';
import type { GroupRecord } from '../../../src/activities/group-record.ts';
import type { Trajectory } from '../../../src/domain/trajectory.ts';

const member = (
  rollout: string,
  reward: number,
  advantage: number | null,
): GroupRecord['members'][number] => ({
  rollout,
  status: 'scored',
  stopReason: 'done',
  failureType: null,
  reward,
  resolved: false,
  turns: 1,
  advantage,
  trajectory: rollout,
});

/** What a rollout's record needs of it here; without ids where the endpoint gave none. */
function trajectory(ids: readonly number[] | null, metrics: Record<string, number> = {}): Trajectory {
  const link = {
    kind: 'model',
    message: { role: 'assistant', content: 'done', toolCalls: [] },
    completionTokenIds: ids,
    logprobs: ids?.map(() => -0.5) ?? null,
    usage: null,
  };
  return { turns: [link], tools: [], metrics, trainable: false } as unknown as Trajectory;
}

test('members that count have their rewards, those that can be trained on their conversations', async () => {
  const record: GroupRecord = {
    run: 'r',
    group: 2,
    instanceId: 'i',
    purpose: 'train',
    policyVersion: 4,
    advantage: 'mean',
    members: [
      member('y', 1, 0.5),
      member('x', 0, -0.5),
      member('w', 0, -0.5),
      member('v', 0, -0.5),
      member('z', 0, null),
    ],
  };
  const stored: Readonly<Record<string, Trajectory | null>> = {
    y: trajectory([5, 6]),
    x: trajectory(null),
    w: trajectory([7], { transcriptDamaged: 1 }),
    v: null,
  };
  const rules = { contextTokens: null, maxTokens: 10, toolProtocol: 'calls' } as const;
  const read = async (rollout: string) => await Promise.resolve(stored[rollout] ?? null);
  const conversation = [{ reply: { content: 'done', tokenIds: [5, 6], logprobs: [-0.5, -0.5] } }];
  const empty = { reward: 0, tools: [], conversations: [] };
  assert.deepEqual(await conversationsOfGroup(record, rules, read), {
    group: 2,
    instanceId: 'i',
    members: [
      { rollout: 'v', ...empty },
      { rollout: 'w', ...empty },
      { rollout: 'x', ...empty },
      { rollout: 'y', reward: 1, tools: [], conversations: [conversation] },
    ],
  });
});

test('a conversation has the tools of its agent, unless that called them in plain text', async () => {
  const record = { group: 2, instanceId: 'i', members: [member('y', 1, 0.5)] } as unknown as GroupRecord;
  const tools = [{ name: 'bash', description: 'runs', parameters: {} }];
  const read = async () => await Promise.resolve({ ...trajectory([5, 6]), tools });
  for (const toolProtocol of ['calls', 'text'] as const) {
    const made = await conversationsOfGroup(
      record,
      { contextTokens: null, maxTokens: 10, toolProtocol },
      read,
    );
    assert.deepEqual(made.members[0]?.tools, toolProtocol === 'calls' ? tools : []);
  }
});
