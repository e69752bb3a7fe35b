import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPolicyServerTrainer } from '../../../../src/adapters/trainer/policy-server.ts';
import { SteadfastError } from '../../../../src/domain/failures.ts';
import type { Trainer } from '../../../../src/ports/trainer.ts';
import { TRAINING } from '../../../support/training.ts';

interface Reply {
  /** 0 is no answer at all. */
  readonly status: number;
  readonly body: unknown;
}

const training = { ...TRAINING, learningRate: 1e-5, loraRank: 8 };

const request = {
  run: 'r',
  step: 3,
  parent: 'p'.repeat(64),
  batch: { path: '/store/b', sha256: 'b'.repeat(64) },
  training,
  temperature: 1,
};

const opening = {
  run: 'r',
  baseModel: '/m',
  checkpointDir: '/c',
  loraRank: 8,
  loraAlpha: null,
  seed: 7,
  from: null,
};

const done = {
  state: 'done',
  result: { step: 3, manifest_sha256: 'm3', model: 'r@3', metrics: { loss: 0.5, note: 'x' } },
  error: null,
};

const refused = (status: number, message: string, code: string): Reply => ({
  status,
  body: { error: { message, type: 'invalid_request_error', code } },
});

describe('the policy server as a Trainer', () => {
  let server: Server;
  let trainer: Trainer;
  const replies: Reply[] = [];
  const asked: { method: string; path: string; body: unknown }[] = [];

  before(async () => {
    server = createServer((incoming, outgoing) => {
      let text = '';
      incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
      incoming.on('end', () => {
        asked.push({
          method: incoming.method ?? '',
          path: incoming.url ?? '',
          body: text === '' ? null : JSON.parse(text),
        });
        const reply = replies.shift() ?? { status: 500, body: {} };
        if (reply.status === 0) return;
        outgoing
          .writeHead(reply.status, { 'content-type': 'application/json' })
          .end(JSON.stringify(reply.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    trainer = createPolicyServerTrainer({ baseUrl: `http://127.0.0.1:${port}/v1` });
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    replies.length = 0;
    asked.length = 0;
  });

  afterEach(async () => {
    // A request that was given up may still be on its way, and must not take the reply to one of the next test.
    for (const end = Date.now() + 10_000; replies.length > 0; await sleep(5)) assert.ok(Date.now() < end);
  });

  const failsWith = async (reply: Reply, type: string, action: () => Promise<unknown>) => {
    replies.push(reply);
    await assert.rejects(action(), (error) => error instanceof SteadfastError && error.type === type);
  };
  const open = () => trainer.openRun(opening);

  const start = () => trainer.startStep(request);

  it('opens a run and answers its newest step', async () => {
    replies.push({ status: 200, body: { run: 'r', base_model: '/m', step: 2, manifest_sha256: 'm2' } });
    assert.deepEqual(await open(), { step: 2, manifest: 'm2', model: 'r@2' });
    assert.deepEqual(asked[0], {
      method: 'PUT',
      path: '/v1/runs/r',
      body: { base_model: '/m', checkpoint_dir: '/c', lora: { rank: 8, seed: 7 } },
    });
  });

  it('passes on why a model cannot be loaded', async () => {
    await failsWith(refused(507, 'needs 64 GiB', 'out_of_memory'), 'Trainer.ModelUnavailable', open);
    await failsWith(refused(400, 'no such folder', 'model_not_loadable'), 'Trainer.ModelUnavailable', open);
    await failsWith(refused(409, 'base_model is /m', 'run_conflict'), 'Trainer.Conflict', open);
    await failsWith(refused(409, 'in use by another server', 'run_in_use'), 'Trainer.Unreachable', open);
    await failsWith(refused(507, 'No space left on device', 'storage'), 'Trainer.Storage', open);
  });

  it('starts a step in the words of the protocol', async () => {
    replies.push({ status: 202, body: { state: 'running', result: null, error: null } });
    assert.deepEqual(await trainer.startStep(request), { state: 'running' });
    assert.deepEqual(asked[0]?.body, {
      batch: request.batch,
      parent: request.parent,
      options: {
        learning_rate: 1e-5,
        loss: 'dapo',
        importance: 'token',
        clip_low: 0.2,
        clip_high: 0.28,
        kl_coefficient: 0,
        temperature: 1,
      },
    });
  });

  it('reads the states of a step', async () => {
    replies.push({ status: 200, body: done });
    assert.deepEqual(await trainer.stepState('r', 3), {
      state: 'done',
      published: { step: 3, manifest: 'm3', model: 'r@3' },
      metrics: { loss: 0.5 },
    });
    replies.push({
      status: 200,
      body: { state: 'failed', error: { code: 'out_of_memory', message: 'big' } },
    });
    assert.deepEqual(await trainer.stepState('r', 3), {
      state: 'failed',
      type: 'Trainer.OutOfMemory',
      reason: 'big',
    });
  });

  it('tells a full disk from what fails again', async () => {
    const error = { code: 'storage', message: 'No space left on device' };
    replies.push({ status: 200, body: { state: 'failed', error } });
    assert.deepEqual(await trainer.stepState('r', 3), {
      state: 'failed',
      type: 'Trainer.Storage',
      reason: 'No space left on device',
    });
  });

  it('opens a run again when the answer is lost, and gives up a step for another attempt', async () => {
    const { port } = server.address() as AddressInfo;
    const limits = { openMs: [50, 100, 5000], stepMs: 50 };
    const hasty = createPolicyServerTrainer({ baseUrl: `http://127.0.0.1:${port}/v1`, limits });
    const lost = { status: 0, body: null };
    replies.push(lost, lost, { status: 200, body: { step: 2, manifest_sha256: 'm2' } });
    assert.equal((await hasty.openRun(opening)).step, 2);
    assert.equal(asked.length, 3);
    await failsWith(lost, 'Trainer.Unreachable', () => hasty.stepState('r', 3));
  });

  it('waits no longer for an opening than its caller does', async () => {
    replies.push({ status: 0, body: null });
    const caller = new AbortController();
    setTimeout(() => caller.abort(new Error('cancelled')), 50);
    await assert.rejects(trainer.openRun(opening, caller.signal), /^Error: cancelled$/);
  });

  it('adopts the step that another batch has made, once it is published', async () => {
    replies.push(refused(409, 'made with another batch', 'step_conflict'), { status: 200, body: done });
    const state = await trainer.startStep(request);
    assert.ok(state.state === 'done');
    assert.equal(state.published.manifest, 'm3');
    assert.equal(state.metrics['batch/unused'], 1);
    replies.push(refused(409, 'being made', 'step_conflict'));
    await failsWith({ status: 200, body: { state: 'running' } }, 'Trainer.Conflict', () =>
      trainer.startStep(request),
    );
  });

  it('tells a restarted server from a missing parent, and a batch that is refused from both', async () => {
    await failsWith(refused(404, 'run r is not open', 'run_not_found'), 'Trainer.Unreachable', start);
    await failsWith(refused(404, 'no step 2', 'parent_not_found'), 'Trainer.Conflict', start);
    await failsWith(refused(422, 'tokens is []', 'invalid'), 'Trainer.Failed', start);
    await failsWith(refused(500, 'the server failed', 'internal'), 'Trainer.Unreachable', start);
  });

  it('says where it looked for a server that does not answer', async () => {
    const nobody = createPolicyServerTrainer({ baseUrl: 'http://127.0.0.1:9/v1' });
    await assert.rejects(
      nobody.stepState('r', 1),
      (error) =>
        error instanceof SteadfastError &&
        error.type === 'Trainer.Unreachable' &&
        /127\.0\.0\.1:9.*steadfast up/.test(error.message),
    );
  });
});
