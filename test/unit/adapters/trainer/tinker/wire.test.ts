import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { z } from 'zod';
import { createTinkerServer, type TinkerServer } from '../../../../../src/adapters/trainer/tinker/wire.ts';

interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
}

const resultSchema = z.object({ path: z.string() });

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the wire to a Tinker server', () => {
  let http: Server;
  let elsewhere: Server;
  let tinker: TinkerServer;
  let replies: Reply[];
  let asked: IncomingMessage[];
  let keyElsewhere: unknown;
  let waits: number;

  before(async () => {
    http = createServer((request, response) => {
      asked.push(request);
      const { status, body, location } = replies.shift() ?? { status: 500 };
      response.writeHead(status, location === undefined ? {} : { location });
      response.end(JSON.stringify(body));
    });
    elsewhere = createServer((request, response) => {
      keyElsewhere = request.headers['x-api-key'];
      response.end('packed');
    });
    await Promise.all([http, elsewhere].map((server) => new Promise<void>((done) => server.listen(0, done))));
    tinker = createTinkerServer({ baseUrl: addressOf(http), apiKey: 'tml-1', packingMs: 1 });
  });
  after(() => {
    http.close();
    elsewhere.close();
  });
  beforeEach(() => {
    replies = [];
    asked = [];
    waits = 0;
  });

  async function waiting(): Promise<void> {
    waits++;
    await Promise.resolve();
  }

  async function result(...given: Reply[]): Promise<string> {
    replies.push(...given);
    return (await tinker.result('/api/v1/save_weights', '7', resultSchema, waiting)).path;
  }

  it('asks for a result until it is there, by either way of saying that it is not', async () => {
    const later = { status: 200, body: { type: 'try_again', request_id: '7', queue_state: 'active' } };
    assert.equal(
      await result({ status: 408 }, later, { status: 200, body: { path: 'tinker://m/w' } }),
      'tinker://m/w',
    );
    assert.equal(waits, 2);
    assert.equal(asked[0]?.headers['x-api-key'], 'tml-1');
  });

  const refusals: [string, Reply, string, RegExp][] = [
    [
      'what failed',
      { status: 400, body: { detail: 'no such rank' } },
      'Trainer.Failed',
      /save_weights .* 400 \(no such rank\)/,
    ],
    ['a server that was begun anew', { status: 404 }, 'Trainer.Unreachable', /knows nothing of request 7/],
    ['a server that breaks', { status: 502 }, 'Trainer.Unreachable', /was answered 502/],
    [
      'a key',
      { status: 401, body: { error: 'who?' } },
      'Trainer.ModelUnavailable',
      /\(who\?\); .* TINKER_API_KEY/,
    ],
    ['another answer', { status: 200, body: { paths: 1 } }, 'Trainer.Failed', /expected another: path /],
  ];
  for (const [what, reply, type, message] of refusals) {
    it(`tells ${what} by its type`, async () => {
      await assert.rejects(result(reply), { name: type, message });
    });
  }

  it('follows a download to another host, without the key', async () => {
    replies.push({ status: 302, location: `${addressOf(elsewhere)}/signed` });
    assert.equal(new TextDecoder().decode(await tinker.download('/archive', waiting)), 'packed');
    assert.equal(keyElsewhere, undefined);
  });

  it('waits for a download that is still packed, and follows an address in JSON', async () => {
    const packing = { status: 503, body: { detail: 'the archive is being created' } };
    replies.push(packing, packing, { status: 200, body: { url: `${addressOf(elsewhere)}/signed` } });
    assert.equal(new TextDecoder().decode(await tinker.download('/archive', waiting)), 'packed');
    assert.deepEqual([waits, keyElsewhere], [2, undefined]);
  });

  it('gives up a download that is never packed', async () => {
    replies.push(...Array.from({ length: 30 }, () => ({ status: 503 })));
    await assert.rejects(tinker.download('/archive', waiting), {
      name: 'Trainer.Unreachable',
      message: /\/archive was answered 503/,
    });
    assert.deepEqual([asked.length, waits], [20, 19]);
  });

  it('deletes what is gone', async () => {
    replies.push({ status: 404 });
    await tinker.remove('/gone');
    replies.push({ status: 400, body: { detail: 'no' } });
    await assert.rejects(tinker.remove('/held'), { name: 'Trainer.Failed' });
  });

  it('says where it looked for a server that does not answer', async () => {
    const ended = createServer();
    await new Promise<void>((done) => ended.listen(0, done));
    const baseUrl = addressOf(ended);
    await new Promise((done) => ended.close(done));
    const nobody = createTinkerServer({ baseUrl, apiKey: null });
    await assert.rejects(nobody.get('/api/v1/healthz', z.unknown()), {
      name: 'Trainer.Unreachable',
      message: /The Tinker server at http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*TINKER_BASE_URL right\?/,
    });
  });
});
