import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { type ArtSettings, connectArt } from '../../../../../src/adapters/trainer/art/connect.ts';
import { groupOf } from '../../../../../src/adapters/trainer/art/groups.ts';
import { KEY, ScriptedArt } from '../../../../support/art/scripted-art.ts';
import { TRAINING } from '../../../../support/training.ts';

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
}

const training = { ...TRAINING, learningRate: 5e-6, loraRank: 32, loss: 'grpo' } as const;

const groups = [
  groupOf({
    group: 7,
    instanceId: 'i',
    members: [
      {
        rollout: 'r/0',
        reward: 1,
        tools: [],
        conversations: [
          [
            { message: { role: 'user', content: 'mend it' } },
            { reply: { content: 'done', tokenIds: [11, 12], logprobs: [-0.5, -0.5] } },
          ],
        ],
      },
      { rollout: 'r/1', reward: 0, tools: [], conversations: [] },
    ],
  }),
];

describe('requests to ART', () => {
  let art: ScriptedArt;
  before(async () => {
    art = await ScriptedArt.start();
  });
  after(async () => await art.stop());

  it('are those of its own serverless client', async () => {
    const recorded = recordedOf('0.5.18').serverless;
    const server = connectArt('art', settings(`${art.url}/v1`), 5);
    const model = await server.register('night', 'Qwen/Qwen3-0.6B');
    await server.newestStep(model);
    const outcome = await server.ask(model, { groups, training }, async (job) => {
      await Promise.resolve(assert.equal(job, 'j1'));
    });
    assert.equal(outcome.kind, 'ended');
    await server.deleteStep(model, 1);
    const asked = art.asked.map(({ what, query, body }) => ({ what: what.replace('/v1', ''), query, body }));
    for (const { method, path, query, body } of recorded) {
      const ours = asked.find(({ what }) => what === `${method} ${path}`);
      assert.ok(ours, `${method} ${path}`);
      assert.deepEqual(spoken(ours.body), spoken(body));
      // The first page of events has nothing before it.
      assert.equal(ours.query, path.endsWith('/events') ? '' : query);
    }
    assert.deepEqual(namesOf(asked.map(({ what }) => what)), namesOf(recorded.map(nameOf)));
  });

  it('are those of the client of its local server', async () => {
    const recorded = recordedOf('0.5.0').local;
    art.asked.length = 0;
    const server = connectArt('art-local', settings(art.url));
    const model = await server.register('night', 'Qwen/Qwen3-0.6B');
    await server.newestStep(model);
    await server.serve(model, null);
    await server.ask(model, { groups, training }, async () => await Promise.resolve());
    assert.deepEqual(
      art.asked.map(({ what, query, body: said }) => [what, query, spoken(withoutMetadata(said))]),
      recorded.map((one) => [nameOf(one), one.query, spoken(one.body)]),
    );
  });

  it('ask for every option that is honoured, by its name', async () => {
    const server = connectArt('art', settings(`${art.url}/v1`), 5);
    const model = await server.register('night', 'Qwen/Qwen3-0.6B');
    const asked = {
      ...training,
      advantage: 'std',
      importance: 'sequence',
      clipLow: 0.1,
      clipHigh: 0.3,
    } as const;
    await server.ask(model, { groups, training: asked }, async () => await Promise.resolve());
    const { experimental_config: config } = art.taken.at(-1) as { experimental_config: object };
    assert.deepEqual(spoken(config), {
      advantage_balance: 0,
      epsilon: 0.1,
      epsilon_high: 0.3,
      importance_sampling_level: 'sequence',
      learning_rate: 5e-6,
      mask_prob_ratio: false,
      ppo: true,
      precalculate_logprobs: false,
      scale_rewards: true,
    });
  });
});

function recordedOf(version: string): Readonly<Record<'serverless' | 'local', Recorded[]>> {
  const file = new URL(`../../../../support/art/requests-${version}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<'serverless' | 'local', Recorded[]>>;
}

function nameOf({ method, path }: Recorded): string {
  return `${method} ${path}`;
}

function namesOf(requests: readonly string[]): string[] {
  return [...new Set(requests)].toSorted();
}

/** What a request says: ART's models fill in what is absent, null or empty. */
function spoken(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spoken);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, of]) => [name, spoken(of)] as const);
  return Object.fromEntries(entries.filter(([, of]) => isSaid(of)));
}

function isSaid(value: unknown): boolean {
  return value !== null && !(typeof value === 'object' && Object.keys(value).length === 0);
}

/** Early versions know no metadata of a group, and let it be. */
function withoutMetadata(body: unknown): unknown {
  return JSON.parse(JSON.stringify(body).replace('"group":7,"instance_id":"i"', ''));
}

function settings(baseUrl: string): ArtSettings {
  return { baseUrl, apiKey: KEY, entity: null, project: 'steadfast' };
}
