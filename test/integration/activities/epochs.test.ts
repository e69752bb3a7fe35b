import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SandboxState, ToolInput } from '../../../src/activities/contract-sandbox.ts';
import { createSandboxActivities } from '../../../src/activities/open-sandbox.ts';
import { createToolActivities } from '../../../src/activities/run-tool.ts';
import { appendLink } from '../../../src/activities/transcript.ts';
import type { TurnLink } from '../../../src/domain/trajectory.ts';
import { example, gradingWorld } from '../../support/grading-world.ts';
import { activityEnvironment } from '../../support/run-activity.ts';

const COMMANDS = [
  'mkdir -p /testbed/build && echo one >/testbed/build/ignored && touch /tmp/mark && cd /tmp && export KEPT=yes',
  'cat /testbed/build/ignored && pwd && echo $KEPT',
  'echo two >>/testbed/build/ignored; rm /tmp/mark',
  'cat /testbed/build/ignored; ls /tmp/mark; pwd; echo $KEPT; ls ~',
];

test('a rollout that loses its sandbox goes on in the next one as if nothing had been', async (t) => {
  const { artifacts, datasets, sandbox, request } = gradingWorld(t);
  const instance = await example('pqbhagjq');
  const { limits, instanceRef: ref } = await request(instance);
  const deps = {
    artifacts,
    datasets,
    limits,
    host: 'h',
    sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
  };
  const { openSandbox, closeSandbox } = createSandboxActivities(deps);
  const { runTool } = createToolActivities(deps);
  const activities = activityEnvironment();
  const agent = { commandTimeoutSeconds: 30, outputLimitCharacters: 2000 };
  const config = await artifacts.putJson({ sandbox: 'auto', agent });

  /** The observations of all commands in a rollout that loses its sandbox before the given ones. */
  async function observe(rollout: string, losses: readonly number[]): Promise<readonly string[]> {
    let head = await turnOf(artifacts);
    let state: SandboxState = { kind: 'start' };
    let epoch = 0;
    const open = async () => {
      const of = { instance: { instanceId: instance.instanceId, ref }, sandbox: 'auto' } as const;
      const deadline = new Date(Date.now() + 600_000).toISOString();
      epoch++;
      await activities.run(openSandbox, { run: 'r', rollout, ...of, epoch, state, deadline });
    };
    await open();
    const observed: string[] = [];
    for (const call of COMMANDS.keys()) {
      if (losses.includes(call)) await open();
      const input: ToolInput = { run: 'r', rollout, epoch, config, head, turn: 1, call, state };
      const output = await activities.run(runTool, input);
      ({ head, state } = output);
      const link = (await artifacts.getJson(head)) as Extract<TurnLink, { kind: 'tool' }>;
      observed.push(link.observation);
    }
    assert.equal((await sandbox.list()).length, 1, 'those of earlier epochs are closed');
    await activities.run(closeSandbox, { rollout, epoch });
    return observed;
  }

  const undisturbed = await observe('r/g-000001/i/0.0', []);
  assert.match(undisturbed[1] ?? '', /one\n\/tmp\nyes/);
  assert.match(undisturbed[3] ?? '', /one\ntwo\n/);
  assert.deepEqual(await observe('r/g-000001/i/1.0', [1, 3]), undisturbed);
});

async function turnOf(artifacts: Parameters<typeof appendLink>[0]): Promise<string> {
  const start = await appendLink(artifacts, { kind: 'start', parent: null, messages: [] });
  const toolCalls = COMMANDS.map((command, i) => ({
    id: `c${i}`,
    name: 'bash',
    arguments: JSON.stringify({ command }),
  }));
  return await appendLink(artifacts, {
    kind: 'model',
    parent: start,
    turn: 1,
    message: { role: 'assistant', content: '', toolCalls },
    promptTokenIds: null,
    completionTokenIds: null,
    logprobs: null,
    finishReason: 'tool_calls',
    usage: null,
    model: 'm',
    startedAt: '',
    durationMs: 0,
  });
}
