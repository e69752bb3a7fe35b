import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Row, type RowSession, SURVIVED } from '../../chaos/row.ts';
import { tryRow } from '../../chaos/try-row.ts';

function rowOf(session: Partial<RowSession>, parallel = 1): Row {
  const open = async () => ({ attempt: async () => SURVIVED, close: async () => undefined, ...session });
  return { name: 'r', title: 'a row', tries: 20, short: 1, parallel, open };
}

const unusable = () => Promise.reject(new Error('the world is gone'));

suite('the tries of a row', () => {
  test('are as many at once as the row allows, each seed once', async () => {
    let [now, most] = [0, 0];
    const attempt = async () => {
      most = Math.max(most, ++now);
      await sleep(5);
      now--;
      return SURVIVED;
    };
    const seeds: number[] = [];
    const problem = await tryRow(
      rowOf({ attempt }, 2),
      [1, 2, 3, 4, 5],
      () => true,
      ({ seed }) => seeds.push(seed),
    );
    assert.equal(problem, '');
    assert.deepEqual(
      seeds.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5],
    );
    assert.equal(most, 2);
  });

  test('end with the one in hand when they are to stop', async () => {
    const seeds: number[] = [];
    await tryRow(
      rowOf({}),
      [1, 2, 3],
      () => seeds.length < 1,
      ({ seed }) => seeds.push(seed),
    );
    assert.deepEqual(seeds, [1]);
  });

  test('say why a world could not be used, and that it was not left clean', async () => {
    let closed = 0;
    const close = () => {
      closed++;
      return Promise.reject(new Error('a mount is left'));
    };
    const problem = await tryRow(
      rowOf({ attempt: unusable, close }),
      [1],
      () => true,
      () => assert.fail('no outcome'),
    );
    assert.match(problem, /the world is gone.*a mount is left/);
    assert.equal(closed, 1);
  });

  test('open no world when there is nothing to try', async () => {
    const row = { ...rowOf({}), open: () => Promise.reject(new Error('opened')) };
    assert.equal(
      await tryRow(
        row,
        [],
        () => true,
        () => undefined,
      ),
      '',
    );
  });
});
