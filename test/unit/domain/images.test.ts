import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfOurs, imagesToEvict, type Evictable } from '../../../src/domain/image-eviction.ts';
import {
  familiarName,
  isImageName,
  platformOf,
  registryOf,
  repositoryOf,
} from '../../../src/domain/image-name.ts';
import { imagesOf } from '../../../src/domain/needed-images.ts';
import { instance } from '../../support/instance.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

const on = (image: string) => instance({ source: { kind: 'image', image } });
const at = (minute: number) => new Date(minute * 60_000).toISOString();

test('names are as a daemon lists them', () => {
  const familiar = {
    debian: 'debian:latest',
    'docker.io/library/debian:12': 'debian:12',
    'docker.io/swebench/x:1': 'swebench/x:1',
    'localhost:5000/a/b': 'localhost:5000/a/b:latest',
    'localhost:5000/a/b:1': 'localhost:5000/a/b:1',
    [`a/b:1@${DIGEST}`]: `a/b@${DIGEST}`,
  };
  for (const [name, expected] of Object.entries(familiar)) assert.equal(familiarName(name), expected);
  assert.equal(repositoryOf(`localhost:5000/a/b:1@${DIGEST}`), 'localhost:5000/a/b');
});

test('a name leads to its registry', () => {
  const registries = {
    'debian:12': 'docker.io',
    'swebench/sweb.eval.x86_64.a:latest': 'docker.io',
    'ghcr.io/a/b': 'ghcr.io',
    'localhost/a': 'localhost',
    '127.0.0.1:5000/a/b:1': '127.0.0.1:5000',
  };
  for (const [name, expected] of Object.entries(registries)) assert.equal(registryOf(name), expected);
});

test("the benchmarks' names say their platform", () => {
  assert.equal(platformOf('swebench/sweb.eval.x86_64.django_1776_django-1:latest'), 'linux/amd64');
  assert.equal(platformOf('swebench/sweb.eval.arm64.django_1776_django-1:latest'), 'linux/arm64');
  assert.equal(platformOf('debian:amd64'), null);
});

test('what leads elsewhere in a daemon is no name', () => {
  for (const good of ['a', 'a/b:1', `127.0.0.1:1/a/b@${DIGEST}`]) assert.equal(isImageName(good), true, good);
  for (const bad of ['', '../containers/x', 'a//b', 'a b', 'a?force=1', '/a', 'a/'])
    assert.equal(isImageName(bad), false, bad);
});

test('images of instances come once, the most used first', () => {
  const data = [on('b'), on('a:latest'), instance(), on('docker.io/library/a'), on('c')];
  assert.deepEqual(imagesOf(data), {
    images: [
      { name: 'a:latest', instances: 2 },
      { name: 'b:latest', instances: 1 },
      { name: 'c:latest', instances: 1 },
    ],
    instances: 4,
    withoutImage: 1,
  });
});

test('eviction takes ours that nobody needs or uses, unused for longest first, and no more than it must', () => {
  const image = (id: string, changed: Partial<Evictable> = {}): Evictable => ({
    id,
    names: [`${id}:1`],
    sizeBytes: 10,
    pulledAt: at(10),
    lastUsedAt: null,
    inUse: false,
    ...changed,
  });
  const images = [
    image('theirs', { pulledAt: null }),
    image('used', { lastUsedAt: at(30) }),
    image('busy', { inUse: true, pulledAt: at(1) }),
    image('needed', { pulledAt: at(1) }),
    image('late', { pulledAt: at(20) }),
    image('early', { pulledAt: at(5) }),
    image('reused', { pulledAt: at(2), lastUsedAt: at(6) }),
  ];
  const evicted = (limitBytes: number) =>
    imagesToEvict(images, new Set(['needed:1']), limitBytes).map(({ id }) => id);
  assert.equal(bytesOfOurs(images), 60);
  assert.deepEqual(evicted(60), []);
  assert.deepEqual(evicted(59), ['early']);
  assert.deepEqual(evicted(31), ['early', 'reused', 'late']);
  assert.deepEqual(evicted(0), ['early', 'reused', 'late', 'used']);
});
