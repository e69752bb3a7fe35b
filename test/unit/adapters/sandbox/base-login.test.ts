import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import Docker from 'dockerode';
import { InstanceImages } from '../../../../src/adapters/sandbox/docker/image.ts';
import { packageRoot } from '../../../../src/local/setup/paths.mjs';
import { instance } from '../../../support/instance.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

/** The logins that a daemon is sent with the build on a base; it has the base before, or has nothing. */
async function loginsSent(t: TestContext, base: string, auths: unknown, hasBase = false): Promise<unknown> {
  const home = temporaryHome(t);
  writeFileSync(join(home, 'config.json'), JSON.stringify({ auths }));
  let sent: unknown = null;
  const daemon = createServer((request, response) => {
    if (request.url?.startsWith('/build') === true) {
      const header = String(request.headers['x-registry-config'] ?? '');
      sent = JSON.parse(Buffer.from(header, 'base64').toString() || 'null');
      request.resume().on('end', () => response.end('{"stream":"built"}\n'));
      return;
    }
    const found = request.url?.includes(encodeURI(base)) === true ? hasBase : sent !== null;
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(found ? { Id: 'sha256:1', Config: {} } : { message: 'no such image' }));
  });
  const socketPath = join(home, 'docker.sock');
  await new Promise<void>((listening) => daemon.listen(socketPath, listening));
  t.after(() => daemon.close());
  const images = new InstanceImages(new Docker({ socketPath }), {
    dockerfile: join(packageRoot, 'infra/images/sandbox/Dockerfile'),
    baseImage: base,
    pythonEnv: join(home, 'none'),
    dockerConfig: home,
  });
  await images.of(instance());
  return sent;
}

const LOGIN = { auth: Buffer.from('ali:secret').toString('base64') };
const KNOWN = { username: 'ali', password: 'secret' };

describe('the base image of sandboxes', () => {
  it('is pulled with the login that `docker login` left for its registry', async (t) => {
    const serveraddress = 'registry.example:5000';
    assert.deepEqual(await loginsSent(t, `${serveraddress}/base:1`, { [serveraddress]: LOGIN }), {
      [serveraddress]: { ...KNOWN, serveraddress },
    });
  });

  it('is pulled from Docker Hub with what is under its own name', async (t) => {
    const serveraddress = 'https://index.docker.io/v1/';
    assert.deepEqual(await loginsSent(t, 'us/base:1', { [serveraddress]: LOGIN }), {
      [serveraddress]: { ...KNOWN, serveraddress },
    });
  });

  it('takes no login along where there is none, or nothing to pull', async (t) => {
    const other = { 'other.example': LOGIN };
    assert.deepEqual(await loginsSent(t, 'registry.example/base:1', other), {});
    assert.deepEqual(await loginsSent(t, 'other.example/base:1', other, true), {});
  });
});
