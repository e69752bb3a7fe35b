import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type Docker from 'dockerode';
import { DerivedImages } from '../../../src/adapters/sandbox/docker/derived-images.ts';
import { tarOf } from '../../../src/adapters/sandbox/docker/tar.ts';
import { DEADLINE, INSTANCE, LIMITS } from '../sandbox/host.ts';
import { ImagesWorld } from './images-world.ts';

describe('images of a Docker daemon that go', () => {
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

  test('room is made by our own images, the one unused for longest first; others, needed and used ones stay', async () => {
    const [second, third, used, theirs] = [
      await world.put(),
      await world.put(),
      await world.put(),
      await world.put(),
    ];
    for (const one of [name, second, third, used]) await world.images.pull(one);
    await world.imagesBy(world.docker, join(world.home, 'elsewhere')).pull(theirs);
    const container = await world.docker.createContainer({
      Image: used,
      Cmd: ['true'],
      name: `steadfast-images-${process.pid}`,
    });
    try {
      const id = (await world.listed(third))?.id ?? '';
      await world.images.noteUse(id);
      assert.equal((await world.listed(third))?.inUse, true);
      const hourAgo = new Date(Date.now() - 3_600_000);
      await utimes(
        join(world.home, 'images/used', id.slice('sha256:'.length, 'sha256:'.length + 32)),
        hourAgo,
        hourAgo,
      );
      assert.equal((await world.listed(third))?.inUse, false);
      // An hour ago is before the pulls of the others, which nobody has used.
      const evicted = await world.images.evict({ needed: [name], limitBytes: 3.5 * 2 ** 20 });
      assert.deepEqual(
        evicted.map(({ names }) => names[0]),
        [third],
      );
      const all = await world.images.evict({ needed: [name], limitBytes: 0 });
      assert.deepEqual(
        all.map(({ names }) => names[0]),
        [second],
      );
      for (const stays of [name, used, theirs]) assert.notEqual(await world.listed(stays), undefined);
      await assert.rejects(world.images.remove(used), {
        type: 'Sandbox.Failed',
        message: /stays: .*container/,
      });
    } finally {
      await container.remove();
    }
    await world.images.remove(theirs);
    assert.equal(await world.listed(theirs), undefined);
    await assert.rejects(world.images.remove(theirs), {
      type: 'Sandbox.ImageMissing',
      message: /There is no image/,
    });
  });

  test('an image that somebody else named too keeps that name', async () => {
    await world.images.pull(name);
    const other = `steadfast-test-kept-${process.pid}`;
    await world.docker.getImage(name).tag({ repo: other, tag: '1' });
    world.willGo(`${other}:1`);
    assert.equal((await world.images.evict({ needed: [], limitBytes: 0 })).length, 1);
    assert.deepEqual((await world.listed(`${other}:1`))?.pulledAt, null);
    assert.equal(await world.listed(name), undefined);
  });

  test('what was laid over an image counts as its own: by size, by use, and when it goes', async () => {
    await world.images.pull(name);
    const plain = await world.listed(name);
    assert.ok(plain);
    const derived = new DerivedImages(world.docker);
    const layer = { repository: `steadfast-test-layer-${process.pid}`, tag: 'x', put: putMore };
    const spec = {
      name: 'layered',
      run: 'r',
      instance: INSTANCE,
      tree: null,
      limits: LIMITS,
      deadline: DEADLINE,
    };
    const image = { id: plain.id, name, environment: [] };
    const { id } = await derived.over(image, layer, spec);
    assert.equal((await derived.over(image, layer, spec)).id, id);
    const both = await world.listed(name);
    assert.ok(both !== undefined && both.sizeBytes >= plain.sizeBytes + (1 << 20), `${both?.sizeBytes}`);
    assert.equal(
      (await world.images.list()).find((one) => one.id === id),
      undefined,
    );

    const container = await world.docker.createContainer({ Image: id, Cmd: ['true'] });
    try {
      assert.equal((await world.listed(name))?.inUse, true);
      assert.equal((await world.images.evict({ needed: [], limitBytes: 0 })).length, 0);
      await assert.rejects(world.images.remove(name), { type: 'Sandbox.Failed', message: /stays: / });
    } finally {
      await container.remove();
    }
    assert.equal((await world.images.evict({ needed: [], limitBytes: 0 })).length, 1);
    for (const gone of [plain.id, id])
      await assert.rejects(world.docker.getImage(gone).inspect(), { statusCode: 404 });
  });

  test('by its digest it is the same image, whatever the tag means by now', async () => {
    await world.images.pull(name);
    const first = await world.listed(name);
    const digest = first?.digest ?? '';
    await world.images.remove(name);
    assert.equal(await world.images.pull(digest), 'pulled');
    assert.equal((await world.listed(digest))?.id, first?.id);
    assert.notEqual((await world.listed(digest))?.pulledAt, null);
    assert.equal((await world.images.evict({ needed: [digest], limitBytes: 0 })).length, 0);
    assert.equal((await world.images.evict({ needed: [], limitBytes: 0 })).length, 1);
  });

  test('the free disk is seen where the daemon is on this machine', async () => {
    assert.ok(((await world.images.freeBytes()) ?? 0) > 1e6);
  });
});

async function putMore(container: Docker.Container): Promise<void> {
  await container.putArchive(tarOf(new Map([['more', Buffer.alloc(1 << 20, 1)]])), { path: '/' });
}
