import { WHOLE_DATA } from '../../src/domain/run-config.ts';
import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { callTool } from '../../src/activities/tools/call-tool.ts';
import { createDatasets } from '../../src/adapters/datasets/datasets.ts';
import { createBubblewrapSandbox } from '../../src/adapters/sandbox/bubblewrap/sandbox.ts';
import { loadConfig } from '../../src/config.ts';
import type { Instance } from '../../src/domain/instance.ts';
import { deriveSeed } from '../../src/domain/seeds.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import type { Sandbox } from '../../src/ports/sandbox.ts';
import { parseRunConfig } from '../../src/schemas/run-config.ts';
import { renderTemplate } from '../../src/schemas/prompt-template.ts';
import { repairOf } from './edits.ts';
import { type Plan, plansOf } from './plans.ts';

/*
 * Writes the conversations that the small policy is taught by: node recipes/small-policy/demonstrations.ts --out FILE
 * Every observation comes from really carrying out the call, with the tools and in the sandbox of a rollout.
 */

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    config: { type: 'string', default: 'examples/run.json' },
    data: { type: 'string', multiple: true, default: ['examples/train.jsonl', 'examples/warm-start.jsonl'] },
    each: { type: 'string', default: '14' },
    seed: { type: 'string', default: '0' },
  },
});
if (values.out === undefined) throw new Error('--out FILE is missing');

const settings = loadConfig();
const { agent } = parseRunConfig(JSON.parse(await readFile(values.config, 'utf8')), {
  workflowId: 'demonstrations',
  machineConcurrency: 1,
});
const datasets = createDatasets({
  cacheDir: settings.cache,
  python: ['python3'],
  environment: settings.environment,
  sweBench: settings.sweBench,
  hub: settings.hub,
});
const stateDir = await mkdtemp(join(tmpdir(), 'demonstrations-'));
const sandbox = createBubblewrapSandbox({ stateDir, pythonEnv: toolPaths(settings.cache).guestEnv });

const LIMITS = { memoryBytes: 2 ** 30, pids: 256, cpus: 1, diskBytes: 2 ** 28 };

try {
  const lines: string[] = [];
  for (const path of values.data) {
    const { instances } = await datasets.load({
      data: path,
      selection: WHOLE_DATA,
      seed: 0,
      requireNonZeroTests: true,
    });
    for (const instance of instances) {
      for (const conversation of await conversationsOf(instance)) {
        lines.push(JSON.stringify({ instance_id: instance.instanceId, messages: conversation }));
      }
      console.log(`${instance.instanceId}: ${lines.length} conversations`);
    }
  }
  await writeFile(values.out, `${lines.join('\n')}\n`);
} finally {
  await rm(stateDir, { recursive: true, force: true });
}

async function conversationsOf(instance: Instance): Promise<object[][]> {
  const tree = await datasets.prepareTree(instance, 'bugged');
  if (tree === null || instance.bugPatch === null)
    throw new Error(`${instance.instanceId}: expected an sdist and a bug`);
  const repair = repairOf(instance.bugPatch, (path) => readFileSync(join(tree, path), 'utf8'));
  const plans = plansOf(repair, Number(values.each), deriveSeed(Number(values.seed), instance.instanceId));
  const conversations: object[][] = [];
  for (const [i, plan] of plans.entries()) {
    const name = `demonstrations/${instance.instanceId}/${i}`;
    const deadline = new Date(Date.now() + 3_600_000).toISOString();
    await sandbox.open({ name, run: 'demonstrations', instance, tree, limits: LIMITS, deadline });
    conversations.push(await carryOut(plan, instance, sandbox, name));
    await sandbox.close(name);
  }
  return conversations;
}

/** The conversation as the policy server is sent it in a rollout. */
async function carryOut(plan: Plan, instance: Instance, where: Sandbox, name: string): Promise<object[]> {
  const messages: object[] = [
    ...(agent.systemPrompt === '' ? [] : [{ role: 'system', content: agent.systemPrompt }]),
    { role: 'user', content: renderTemplate(agent.instancePromptTemplate, instance) },
  ];
  for (const [i, call] of plan.calls.entries()) {
    const id = `call_${i}`;
    const scene = { sandbox: where, name, key: `${i}-0`, agent, signal: new AbortController().signal };
    const { observation } = await callTool({ id, ...call }, scene);
    const { name: tool, arguments: args } = call;
    messages.push(
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id, type: 'function', function: { name: tool, arguments: args } }],
      },
      { role: 'tool', tool_call_id: id, content: observation },
    );
  }
  messages.push({ role: 'assistant', content: plan.closing });
  return messages;
}
