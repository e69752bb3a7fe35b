import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load, typed } from '../../support/data-loader.ts';
import { hubServer } from '../../support/hub-server.ts';
import { HUB_NAME, hubWorld, NEW_COMMIT, PARQUET_BYTES } from '../../support/hub-world.ts';

const SUPPORT = fileURLToPath(new URL('../../support/data-loader.ts', import.meta.url));

test('passing faults are tried again: 500, 429, a download that is cut, bytes that are not what they should be', async (t) => {
  const { hub, options, kept } = await hubWorld(t);
  const due = [500, 429];
  let cut = 1;
  let wrong = 1;
  hub.state.fault = (request, response) => {
    const status = due.shift();
    if (status !== undefined) {
      response.writeHead(status, { 'retry-after': '0' }).end();
      return true;
    }
    if (!(request.url ?? '').includes('/resolve/') || request.headers.range !== undefined) return false;
    if (cut-- > 0) {
      response.writeHead(200, { 'content-length': PARQUET_BYTES.length });
      response.write(PARQUET_BYTES.subarray(0, 9000), () => response.destroy());
      return true;
    }
    if (wrong-- > 0) {
      response.end(Buffer.alloc(PARQUET_BYTES.length, 7));
      return true;
    }
    return false;
  };
  assert.equal((await load(HUB_NAME, {}, options)).records, 14);
  assert.deepEqual(
    (await kept()).filter((file) => /incomplete|draft|link$/.test(file)),
    [],
  );
  hub.state.fault = (_, response) => {
    response.writeHead(503).end('busy');
    return true;
  };
  await assert.rejects(
    load(HUB_NAME, { split: 'held_out' }, options),
    typed('Instance.SourceMissing', /could not be had from .*503/),
  );
});

test('two that download at once get the whole, and one that is killed leaves nothing that is read', async (t) => {
  const { home, hub, options, kept } = await hubWorld(t);
  const script = `
    const { load } = await import(${JSON.stringify(SUPPORT)});
    console.log((await load(${JSON.stringify(HUB_NAME)}, {}, ${JSON.stringify(options)})).records);`;
  const start = () => spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'pipe' });
  // Bytes come in two parts, the second when the test says so.
  const rest: (() => void)[] = [];
  hub.state.fault = (request, response) => {
    if (!(request.url ?? '').includes('/resolve/') || request.headers.range !== undefined) return false;
    response.writeHead(200, { 'content-length': PARQUET_BYTES.length });
    response.write(PARQUET_BYTES.subarray(0, 20_000));
    rest.push(() => response.end(PARQUET_BYTES.subarray(20_000)));
    return true;
  };
  const killed = start();
  while (rest.length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
  while (!(await kept()).some((file) => file.endsWith('.incomplete'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  killed.kill('SIGKILL');
  await once(killed, 'close');
  const two = [start(), start()].map(async (child) => {
    const out: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    const [code] = (await once(child, 'close')) as [number];
    return [code, Buffer.concat(out).toString().trim()];
  });
  while (rest.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
  for (const send of rest.slice(1)) send();
  assert.deepEqual(await Promise.all(two), [
    [0, '14'],
    [0, '14'],
  ]);
  hub.state.fault = () => false;
  const drafts = async (): Promise<string[]> => (await kept()).filter((file) => file.endsWith('.incomplete'));
  const [left = ''] = await drafts();
  await utimes(join(home, 'hub/datasets--owner--data.set/blobs', left), 0, 0);
  assert.equal((await load(HUB_NAME, { split: 'held_out' }, options)).records, 2);
  assert.deepEqual(await drafts(), [], 'what the killed one left goes after a day');
});

test('the token goes to the hub, and not to the store that it sends its client to', async (t) => {
  const { hub, settings, options } = await hubWorld(t);
  const store = await hubServer(t, HUB_NAME, { main: NEW_COMMIT });
  const tokens: (string | undefined)[] = [];
  hub.state.token = 'secret';
  hub.state.fault = (request, response) => {
    const path = request.url ?? '';
    if (!path.includes('/resolve/') || request.headers.authorization !== 'Bearer secret') return false;
    response.writeHead(302, { location: `${store.url}${path}` }).end();
    return true;
  };
  store.state.fault = (request) => {
    tokens.push(request.headers.authorization);
    return false;
  };
  assert.equal((await load(HUB_NAME, {}, { ...options, hub: { ...settings, token: 'secret' } })).records, 14);
  assert.deepEqual(tokens, [undefined, undefined]);
});
