import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { type DaemonProxy, daemonProxy } from '../sandbox/daemon-proxy.ts';
import { ImagesWorld } from './images-world.ts';

describe('images of a Docker daemon, from a registry', () => {
  let world: ImagesWorld;
  let name: string;

  before(async () => {
    world = await ImagesWorld.start();
  });
  beforeEach(async () => {
    world.begin();
    name = await world.put();
  });
  afterEach(async () => await world.end());
  after(async () => await world.stop());

  test('one that is pulled is ours, with its digest and size; one that is there is not pulled', async () => {
    const states: number[] = [];
    assert.equal(
      await world.images.pull(name, { onState: ({ layersDone }) => states.push(layersDone) }),
      'pulled',
    );
    assert.equal(states.at(-1), 1);
    const image = await world.listed(name);
    assert.match(image?.digest ?? '', /^127\.0\.0\.1:\d+\/steadfast-test\/image-\w+@sha256:[0-9a-f]{64}$/);
    assert.ok((image?.sizeBytes ?? 0) >= 1 << 20);
    assert.equal(typeof image?.pulledAt, 'string');
    assert.deepEqual([image?.lastUsedAt, image?.inUse], [null, false]);
    world.registry.requests.length = 0;
    assert.equal(await world.images.pull(name), 'present');
    assert.deepEqual(world.registry.requests, []);
    const base = process.env['STEADFAST_SANDBOX_BASE'] ?? 'steadfast-base:bookworm';
    assert.equal((await world.listed(base))?.pulledAt, null);
  });

  test('ten who want one image share one pull; who leaves stops nobody, and who comes back finds it', async () => {
    const gate = Promise.withResolvers<void>();
    world.registry.gate = gate.promise;
    const leaving = new AbortController();
    const left = assert.rejects(world.images.pull(name, { signal: leaving.signal }), /gone away/);
    const others = Array.from({ length: 9 }, async () => await world.images.pull(name));
    while (world.blobsAsked() === 0) await sleep(20);
    leaving.abort(new Error('gone away'));
    await left;
    const again = world.images.pull(name);
    gate.resolve();
    assert.deepEqual(new Set(await Promise.all([...others, again])), new Set(['pulled']));
    assert.equal(world.registry.requests.filter((line) => /^GET .*\/manifests\//.test(line)).length, 1);
  });

  test('an image that the registry does not have is missing, in its words', async () => {
    const repository = name.replace(/:1$/, '');
    await assert.rejects(world.images.pull(`${repository}:2`), {
      type: 'Sandbox.ImageMissing',
      message: new RegExp(
        `The registry ${world.registry.address} does not give the image .*:2: .*manifest unknown`,
      ),
    });
    for (const wrong of ['Not A Name', '../containers/x', '']) {
      const refused = { type: 'Sandbox.ImageMissing', message: /is not the name of an image; expected/ };
      await assert.rejects(world.images.pull(wrong), refused);
      await assert.rejects(world.images.remove(wrong), refused);
    }
    await assert.rejects(world.images.pull(`${world.registry.address}/Upper:1`), {
      type: 'Sandbox.ImageMissing',
      message: /invalid reference format/,
    });
  });

  test("a registry's limit is a failure of its own, with a wait", async () => {
    world.registry.limitReached = true;
    await assert.rejects(world.images.pull(name), {
      type: 'Sandbox.RateLimit',
      retryAfterMs: 900_000,
      message: /toomanyrequests: You have reached your pull rate limit/,
    });
    world.registry.limitReached = false;
    assert.equal(await world.images.pull(name), 'pulled');
  });

  test('a registry or a daemon that does not answer may be back later', async () => {
    const away = { type: 'Sandbox.Unavailable' };
    await assert.rejects(world.images.pull('127.0.0.1:1/steadfast-test/none:1'), {
      ...away,
      message: /The image 127\.0\.0\.1:1\/steadfast-test\/none:1 was not pulled: .*connection refused/,
    });
    const nowhere = world.imagesBy(new Docker({ socketPath: join(world.home, 'none.sock') }));
    for (const call of [() => nowhere.pull(name), () => nowhere.list(), () => nowhere.freeBytes()])
      await assert.rejects(call(), { ...away, message: /The Docker daemon does not answer/ });
  });

  test('a layer that was cut off is loaded again', { timeout: 60_000 }, async () => {
    world.registry.cuts = 1;
    assert.equal(await world.images.pull(name), 'pulled');
    assert.equal(world.blobsAsked(), 3);
  });

  test('a pull whose connection to the daemon breaks is no image and no record, and the next one is whole', async () => {
    const proxy: DaemonProxy = await daemonProxy(join(world.home, 'proxy.sock'));
    const gate = Promise.withResolvers<void>();
    world.registry.gate = gate.promise;
    const through = world.imagesBy(proxy.docker);
    const broken = assert.rejects(through.pull(name), { type: 'Sandbox.Unavailable' });
    while (world.blobsAsked() === 0) await sleep(20);
    proxy.reset();
    await broken;
    gate.resolve();
    await proxy.close();
    assert.equal(await world.images.pull(name), 'pulled');
    assert.notEqual((await world.listed(name))?.pulledAt ?? null, null);
  });
});
