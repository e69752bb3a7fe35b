import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { createDockerImages } from '../../../src/adapters/images/docker-images.ts';
import { containerName } from '../../../src/adapters/sandbox/docker/container.ts';
import { createDockerSandbox } from '../../../src/adapters/sandbox/docker/sandbox.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Images } from '../../../src/ports/images.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Registry } from '../../support/registry.ts';
import { Box, DEADLINE, INSTANCE, LIMITS, makeHost, optionsFor } from './host.ts';
import { buildImage } from './image.ts';

const DIGEST = /^127\.0\.0\.1:\d+\/steadfast-test\/pinned@sha256:[0-9a-f]{64}$/;

describe('docker: the image of a sandbox', () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let registry: Registry;
  let images: Images;
  let sandbox: Sandbox;
  let name: string;
  let instance: Instance;

  before(async () => {
    host = await makeHost();
    registry = await Registry.start();
    name = `${registry.address}/steadfast-test/pinned:1`;
    instance = { ...INSTANCE, source: { kind: 'image', image: name } };
    images = createDockerImages({ records: join(host.stateDir, 'images'), dockerConfig: host.stateDir });
    sandbox = createDockerSandbox({ ...optionsFor(host.stateDir), images });
    await publish('one');
  });
  after(async () => {
    for (const { names } of await images.list()) {
      for (const one of names.filter((it) => it.startsWith(registry.address))) {
        await docker
          .getImage(one)
          .remove()
          .catch(() => undefined);
      }
    }
    await registry.stop();
    await host.remove();
  });

  /** Builds an image that says so, pushes it under the tag and removes it from the daemon. */
  async function publish(word: string): Promise<void> {
    await buildImage(docker, name, [
      `FROM ${optionsFor('').baseImage}`,
      `RUN mkdir /testbed && cd /testbed && git init -q && echo ${word} >word && git add word \\`,
      ' && git -c user.name=a -c user.email=a@b commit -qm now && head -c 1000000 /dev/urandom >/large',
    ]);
    await registry.push(docker, name);
    await docker.getImage(name).remove({ force: true });
    registry.requests.length = 0;
  }

  async function open(at: string, environment?: string): Promise<Box> {
    const spec = { name: at, run: 'r', instance, tree: null, limits: LIMITS, deadline: DEADLINE };
    await sandbox.open({ ...spec, environment });
    return new Box(sandbox, at);
  }

  const layersAsked = () => registry.requests.filter((line) => /^GET .*\/manifests\//.test(line)).length;

  test('one that is missing is pulled once for all who open, and named by its digest', async () => {
    const named = await Promise.all([1, 2, 3].map(async () => await sandbox.environment(instance)));
    assert.deepEqual(new Set(named).size, 1);
    assert.match(named[0] ?? '', DIGEST);
    assert.equal(layersAsked(), 1);
    const box = await open('pins/first', named[0]);
    assert.equal(await box.output('cat word'), 'one\n');
    const { Image } = await docker.getContainer(containerName('pins/first')).inspect();
    const listed = (await images.list()).find(({ id }) => id === Image);
    assert.equal(listed?.digest, named[0]);
    assert.notEqual(listed?.pulledAt, null);
    assert.equal(listed?.inUse, true);
    assert.notEqual(listed?.lastUsedAt, null);
    await box.close();
  });

  test('a pin holds though the tag has moved, here and where the image is not there yet', async () => {
    const pinned = await sandbox.environment(instance);
    await publish('two');
    // The tag is gone from this daemon, so that who asks for it gets the new one.
    const moved = await sandbox.environment(instance);
    assert.match(moved, DIGEST);
    assert.notEqual(moved, pinned);
    assert.equal(await sandbox.environment(instance, { pinned }), pinned);
    const old = await open('pins/old', pinned);
    assert.equal(await old.output('cat word'), 'one\n');
    await old.close();
    await docker
      .getImage(pinned)
      .remove()
      .catch(() => undefined);
    const again = await open('pins/again', pinned);
    assert.equal(await again.output('cat word'), 'one\n');
    await again.close();
    const fresh = await open('pins/fresh');
    assert.equal(await fresh.output('cat word'), 'two\n');
    await fresh.close();
  });

  test('one that was built here is named by its id; another id of the same name does not take its place here', async () => {
    const local = 'steadfast-test-local:1';
    const here: Instance = { ...INSTANCE, source: { kind: 'image', image: local } };
    const build = async (word: string) =>
      await buildImage(docker, local, [
        `FROM ${optionsFor('').baseImage}`,
        `RUN mkdir /testbed && cd /testbed && git init -q && echo ${word} >word`,
      ]);
    await build('three');
    const pinned = await sandbox.environment(here);
    assert.match(pinned, /^sha256:[0-9a-f]{64}$/);
    await docker.getImage(pinned).tag({ repo: 'steadfast-test-local', tag: 'kept' });
    await build('four');
    assert.equal(await sandbox.environment(here, { pinned }), pinned);
    const spec = {
      name: 'pins/local',
      run: 'r',
      instance: here,
      tree: null,
      limits: LIMITS,
      deadline: DEADLINE,
    };
    await sandbox.open({ ...spec, environment: pinned });
    assert.equal(await new Box(sandbox, 'pins/local').output('cat word'), 'three\n');
    await sandbox.close('pins/local');
    const elsewhere = `sha256:${'0'.repeat(64)}`;
    assert.equal(await sandbox.environment(here, { pinned: elsewhere }), await sandbox.environment(here));
    for (const tag of ['1', 'kept']) await docker.getImage(`steadfast-test-local:${tag}`).remove();
  });

  test('a slow pull outlives the opening that began it, and the next one finds it', async () => {
    await publish('five');
    for (const { names } of await images.list()) {
      for (const one of names.filter((it) => it.startsWith(registry.address))) {
        await docker
          .getImage(one)
          .remove()
          .catch(() => undefined);
      }
    }
    const gate = Promise.withResolvers<void>();
    registry.gate = gate.promise;
    const late = new AbortController();
    const first = assert.rejects(sandbox.environment(instance, { signal: late.signal }), /took too long/);
    while (layersAsked() === 0) await sleep(20);
    late.abort(new Error('took too long'));
    await first;
    const second = sandbox.environment(instance);
    gate.resolve();
    assert.match(await second, DIGEST);
    assert.equal(layersAsked(), 1);
  });
});
