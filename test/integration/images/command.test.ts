import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PullWorld } from './pull-world.ts';

describe('steadfast images', () => {
  let world: PullWorld;
  before(async () => {
    world = await PullWorld.start();
  });
  after(async () => await world.stop());

  test('pulls, lists and removes', async () => {
    const [a = '', b = ''] = await world.put(2, 1);
    const none = `${world.registry.address}/steadfast-test/none:1`;
    const data = await world.data([a, a, b]);
    const gate = Promise.withResolvers<void>();
    world.registry.gate = gate.promise;
    const first = world.spawn(['pull', '--data', data]);
    await first.until(/pulling image-/);
    const second = world.spawn(['pull', '--data', data, '--json']);
    const third = await world.steadfast('pull', '--data', await world.data([b]));
    assert.deepEqual(
      [third.code, /is pulling already, with \{.*temporal workflow cancel/.test(third.stderr)],
      [1, true],
    );
    gate.resolve();
    const [one, two] = await Promise.all([first.ended, second.ended]);
    assert.equal(one.code, 0, one.stderr);
    assert.match(one.stdout, /^started pull-images-pull-test-\d+\n[^]*2\/2 images · 2 pulled, 0\.00 GB/);
    assert.match(two.stderr, /^attached to pull-images-/);
    const record = JSON.parse(two.stdout) as Record<string, unknown>;
    assert.deepEqual(
      [record['type'], record['pulled'], record['images'], record['stopped']],
      ['pull', 2, 2, null],
    );

    const partly = await world.steadfast('pull', '--data', await world.data([none, b]), '--rate', 'none');
    assert.equal(partly.code, 1);
    assert.match(partly.stdout, /none:1: The registry .* does not give the image/);
    assert.match(partly.stderr, /1 of 2 images are not on pull-test-/);

    const listed = await world.steadfast('ls', '--data', await world.data([a, a, b, none]));
    assert.equal(listed.code, 0, listed.stderr);
    const lines = listed.stdout.split('\n');
    assert.match(lines[0] ?? '', /^IMAGE +DIGEST +GB +LAST USE +INSTANCES +PULLED BY$/);
    assert.match(lines[1] ?? '', new RegExp(`^${a} +[0-9a-f]{12} +0\\.00 +– +2 +us, \\d+ (s|min) ago$`));
    assert.match(lines.find((line) => line.startsWith(none)) ?? '', /not here +– +– +1 +–$/);
    assert.match(
      listed.stdout,
      /steadfast-base:bookworm .* 0 +others\n[^]*1 not here: steadfast images pull/,
    );
    const json = await world.steadfast('ls', '--json');
    const rows = json.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const row = rows.find(({ name }) => name === b);
    assert.deepEqual([row?.['type'], row?.['instances'], row?.['in_use']], ['image', null, false]);
    assert.match(String(row?.['digest']), /@sha256:[0-9a-f]{64}$/);

    // A used, so that the order is not that of the pulls.
    const evicted = await world.steadfast('rm', '--evict', '0.0001');
    assert.match(evicted.stdout, /^removed \S+ \(0\.00 GB\)\n1 images, 0\.00 GB\n$/);
    const there = (await Promise.all([a, b].map(async (name) => await world.listed(name)))).filter(Boolean);
    assert.equal(there.length, 1);
    const rest = there[0]?.names[0] ?? '';
    const removed = await world.steadfast('rm', rest, none);
    assert.deepEqual([removed.code, removed.stdout], [1, `removed ${rest}\n`]);
    assert.match(removed.stderr, /There is no image .*none:1 on this host/);
  });

  const bad: [string[], RegExp][] = [
    [['pull'], /--data is missing/],
    [['pull', '--data', 'x', '--rate', '0'], /rate is 0; expected an integer from 1 to 1000 or null/],
    [['pull', '--data', 'x', '--budgt', '1'], /unknown option --budgt; did you mean --budget\?/],
    [['pull', '--data', '/none.jsonl'], /none\.jsonl/],
    [['rm'], /expected names of images, or --evict GB/],
    [['rm', 'a', '--evict', '1'], /expected names of images, or --evict GB/],
    [['rm', '--evict', 'much'], /--evict is "much"; expected a number of GB above 0/],
    [['rm', '--force', 'x'], /unknown option --force/],
    [['ls', '--data', '/none.jsonl'], /none\.jsonl/],
  ];
  for (const [options, expected] of bad) {
    test(`refuses ${options.join(' ')}`, async () => {
      const { code, stderr } = await world.steadfast(...options);
      assert.notEqual(code, 0);
      assert.match(stderr, expected);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }
});
