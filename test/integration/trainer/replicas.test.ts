import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { createLoraReplica } from '../../../src/adapters/sampler/lora-replica.ts';
import { createReplicaModel } from '../../../src/adapters/sampler/replicas.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import type { Model, ModelRequest } from '../../../src/ports/model.ts';
import { openChain } from '../../chaos/trainer/chain.ts';
import { randomBatch } from '../../chaos/trainer/random-batch.ts';
import {
  makeTinyModel,
  type PolicyServerProcess,
  startPolicyServer,
} from '../../support/policy-server-process.ts';
import { quiet } from '../../support/quiet.ts';

quiet();

const RUN = 'sampled-elsewhere';
const MANIFEST = 'checkpoints/step-0001/manifest.json';

function request(step: number, prompt = 'test_add in a.py fails'): ModelRequest {
  return {
    model: `${RUN}@${step}`,
    apiBase: null,
    messages: [{ role: 'user', content: prompt }],
    tools: [],
    temperature: 1,
    maxTokens: 8,
    seed: 5,
    timeoutMs: 60_000,
  };
}

async function loadedAt(url: string): Promise<string[]> {
  const names = await createLoraReplica(url, null).listed();
  // Without what tells one content from another.
  return names
    .flatMap((name) => /^(sampled-elsewhere-step-\d{4})-[0-9a-f]{8}$/.exec(name)?.[1] ?? [])
    .toSorted();
}

// The policy server loads adapters by the same routes as vLLM, which needs a GPU.
describe('policy versions at replicas that load adapters', () => {
  let root: string;
  let artifacts: Artifacts;
  let trainer: PolicyServerProcess;
  let replicas: PolicyServerProcess[];
  let base: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-replicas-'));
    base = join(root, 'model');
    makeTinyModel(base);
    artifacts = createFolderArtifacts(join(root, 'store'));
    [trainer, ...replicas] = await Promise.all([
      startPolicyServer(),
      startPolicyServer({ models: [base] }),
      startPolicyServer({ models: [base] }),
    ]);
    const chain = await openChain({ artifacts, model: base }, { run: RUN, port: trainer.port });
    for (const seed of [1, 2, 3]) await chain.step(await artifacts.putJson(randomBatch(seed)));
  });
  after(async () => {
    await Promise.all([trainer, ...replicas].map(async (server) => await server.end()));
    await rm(root, { recursive: true });
  });

  /** Starts a replica that has ended, at the same address: it has loaded no adapter. */
  async function restart(index: number): Promise<void> {
    const { port = 0 } = replicas[index] ?? {};
    replicas[index] = await startPolicyServer({ models: [base], port });
  }

  async function write(manifest: string): Promise<void> {
    await writeFile(artifacts.runPath(RUN, MANIFEST), manifest);
  }

  const plain = (): Model => createOpenAiModel({ apiKey: null, policyUrl: trainer.url });
  const urls = (): string[] => replicas.map(({ url }) => url);

  function modelAt(at: readonly string[], idleMs?: number): Model {
    const made = at.map((url) => createLoraReplica(url, null));
    return createReplicaModel({
      model: plain(),
      artifacts,
      replicas: made,
      ...(idleMs === undefined ? {} : { idleMs }),
    });
  }

  it('samples what the trainer itself would, at both, each version under a name of its own', async () => {
    const model = modelAt(urls());
    for (const step of [0, 1, 2, 3]) {
      for (const prompt of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const [here, there] = await Promise.all([
          plain().sample(request(step, prompt)),
          model.sample(request(step, prompt)),
        ]);
        assert.deepEqual(there.completionTokenIds, here.completionTokenIds);
        assert.ok(there.logprobs !== null);
        for (const [i, logprob] of there.logprobs.entries()) {
          assert.ok(Math.abs(logprob - (here.logprobs?.[i] ?? Number.NaN)) < 1e-4);
        }
        assert.equal(there.model, `${RUN}@${step}`);
      }
    }
    const all = [0, 1, 2, 3].map((step) => `${RUN}-step-000${step}`);
    for (const url of urls()) assert.deepEqual(await loadedAt(url), all);
  });

  it('loads a version once for all who ask at once, and again where a replica was restarted', async () => {
    const [url = ''] = urls();
    const model = modelAt([url]);
    await Promise.all(Array.from({ length: 8 }, async () => await model.sample(request(1))));
    await replicas[0]?.end();
    await restart(0);
    assert.deepEqual(await loadedAt(url), []);
    await Promise.all(Array.from({ length: 8 }, async () => await model.sample(request(1))));
    assert.deepEqual(await loadedAt(url), [`${RUN}-step-0001`]);
  });

  it('goes on with the other replica while one is away, and fails by name when both are', async () => {
    const model = modelAt(urls());
    const prompts = ['a', 'b', 'c', 'd', 'e', 'f'];
    await replicas[0]?.end();
    for (const prompt of prompts) await model.sample(request(1, prompt));
    await replicas[1]?.end();
    await assert.rejects(model.sample(request(1)), {
      type: 'Model.Unreachable',
      message: /127\.0\.0\.1/,
    });
    await Promise.all([restart(0), restart(1)]);
  });

  it('takes away a version of before that nobody asks for, one of a worker before this one too', async () => {
    const [url = ''] = urls();
    await modelAt([url]).sample(request(0));
    const model = modelAt([url], 0);
    await model.sample(request(2));
    await model.sample(request(3));
    const newest = async () => (await loadedAt(url)).join();
    for (const end = Date.now() + 10_000; (await newest()) !== `${RUN}-step-0003`;) {
      assert.ok(Date.now() < end, await newest());
    }
    // What is wanted all the same is loaded again.
    assert.equal((await model.sample(request(2))).model, `${RUN}@2`);
  });

  it('loads a version anew where its run was made again', async () => {
    const [url = ''] = urls();
    const model = modelAt([url]);
    await model.sample(request(1));
    const manifest = (await artifacts.readRunFile(RUN, MANIFEST)) ?? '';
    const names = async () =>
      (await createLoraReplica(url, null).listed()).filter((name) => name.includes('-step-0001-'));
    const had = await names();
    try {
      await write(`${manifest} `);
      await model.sample(request(1));
      assert.equal((await names()).length, had.length + 1);
    } finally {
      await write(manifest);
    }
  });

  it('keeps what is asked for, however old', async () => {
    const [url = ''] = urls();
    const model = modelAt([url], 0);
    await Promise.all([model.sample({ ...request(1), maxTokens: 256 }), model.sample(request(3))]);
    assert.ok((await loadedAt(url)).includes(`${RUN}-step-0003`));
  });

  it('says what is wrong where a server loads no adapters, or cannot take this one', async () => {
    const { startScriptedEndpoint } = await import('../../support/scripted-endpoint.ts');
    const endpoint = await startScriptedEndpoint();
    try {
      await assert.rejects(modelAt([endpoint.url]).sample(request(1)), {
        type: 'Model.BadRequest',
        message: /does not load adapters; vLLM does with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True/,
      });
    } finally {
      await endpoint.close();
    }
    await assert.rejects(modelAt(urls()).sample(request(9)), (error: Error) => {
      assert.match(error.message, /step-0009/);
      return true;
    });
  });
});
