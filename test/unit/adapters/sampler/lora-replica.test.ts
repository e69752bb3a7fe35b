import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createLoraReplica } from '../../../../src/adapters/sampler/lora-replica.ts';

/** A server that answers 404 to everything, as vLLM does to a route that it does not have; says which keys it was sent. */
async function serverWithoutRoutes(t: TestContext): Promise<{ base: string; keys: (string | undefined)[] }> {
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    keys.push(request.headers.authorization);
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"detail":"Not Found"}');
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, keys };
}

describe('a replica that has no route to load adapters by', () => {
  it('is told to end in /v1 where its address does not, with the key that it is sent', async (t) => {
    const { base, keys } = await serverWithoutRoutes(t);
    await assert.rejects(createLoraReplica(base, 'sk-1').load('run-step-0001', '/adapter'), {
      type: 'Model.BadRequest',
      message: /has no route .* below \/v1, which an address in STEADFAST_SAMPLER_URLS ends in: .*Not Found/,
    });
    assert.deepEqual([...new Set(keys)], ['Bearer sk-1']);
  });

  it('is told what vLLM loads them with where its address does', async (t) => {
    const { base } = await serverWithoutRoutes(t);
    await assert.rejects(createLoraReplica(`${base}/v1`, null).load('run-step-0001', '/adapter'), {
      type: 'Model.BadRequest',
      message: /does not load adapters; vLLM does with VLLM_ALLOW_RUNTIME_LORA_UPDATING=True/,
    });
  });
});
