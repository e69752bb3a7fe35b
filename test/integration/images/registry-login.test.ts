import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { LOGIN, Registry } from '../../support/registry.ts';
import { ImagesWorld } from './images-world.ts';

describe('images of a registry with a login', () => {
  let world: ImagesWorld;

  before(async () => {
    world = await ImagesWorld.start();
  });
  beforeEach(() => world.begin());
  afterEach(async () => await world.end());
  after(async () => await world.stop());

  test('a registry with a login is asked with what `docker login` or a helper has left', async () => {
    const closed = await Registry.start({ login: true });
    try {
      const secret = await world.put(closed);
      await assert.rejects(world.images.pull(secret), {
        type: 'Sandbox.ImageMissing',
        message: new RegExp(
          `no basic auth credentials; if it is there, log in: docker login ${closed.address}`,
        ),
      });
      const folder = join(world.home, 'docker');
      await mkdir(folder, { recursive: true });
      const write = async (config: unknown) =>
        await writeFile(join(folder, 'config.json'), JSON.stringify(config));
      const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
      await write({ auths: { [closed.address]: { auth } } });
      assert.equal(await world.images.pull(secret), 'pulled');
      await world.images.remove(secret);
      await write({ auths: { [closed.address]: { auth: Buffer.from('ali:wrong').toString('base64') } } });
      await assert.rejects(world.images.pull(secret), { type: 'Sandbox.ImageMissing' });
      const helper = `printf '{"Username":"%s","Secret":"%s"}' '${LOGIN.username}' '${LOGIN.password}'`;
      await writeFile(join(world.home, 'docker-credential-test'), `#!/bin/sh\n${helper}\n`, { mode: 0o755 });
      const path = process.env['PATH'] ?? '';
      process.env['PATH'] = `${world.home}:${path}`;
      try {
        await write({ credHelpers: { [closed.address]: 'test' } });
        assert.equal(await world.images.pull(secret), 'pulled');
      } finally {
        process.env['PATH'] = path;
      }
      await writeFile(join(folder, 'config.json'), `{"auths": {"x": {"auth": "${auth}"`);
      await assert.rejects(world.images.pull(`${closed.address}/steadfast-test/other:1`), (error: Error) => {
        assert.match(error.message, /docker\/config\.json is not JSON/);
        assert.doesNotMatch(JSON.stringify([error, String(error.cause)]), new RegExp(auth.slice(0, 8)));
        return true;
      });
    } finally {
      await closed.stop();
    }
  });
});
