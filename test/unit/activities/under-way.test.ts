import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { UnderWay } from '../../../src/activities/grading/under-way.ts';

/** Work whose end the test decides, with what it left for those who look. */
function makeWork() {
  const runs: PromiseWithResolvers<string>[] = [];
  let kept: string | null = null;
  return {
    runs,
    look: async () => kept,
    work: async () => {
      const run = Promise.withResolvers<string>();
      runs.push(run);
      kept = await run.promise;
      return `${kept}, made`;
    },
  };
}

test('what is asked for at the same moment is done once, and the others find it', async (t) => {
  const underWay = new UnderWay();
  const { runs, look, work } = makeWork();
  const asked = [1, 2, 3].map(async () => await underWay.once('a', t.signal, look, work));
  const other = underWay.once(
    'b',
    t.signal,
    async () => null,
    async () => 'b',
  );
  assert.equal(await other, 'b', 'another key waits for nobody');
  assert.equal(runs.length, 1);
  runs[0]?.resolve('x');
  assert.deepEqual(await Promise.all(asked), ['x, made', 'x', 'x']);
});

test('where the one under way fails, one of those who waited does it', async (t) => {
  const underWay = new UnderWay();
  const { runs, look, work } = makeWork();
  const asked = [1, 2, 3].map(async () => await underWay.once('a', t.signal, look, work));
  await setImmediate();
  runs[0]?.reject(new Error('no disk'));
  await assert.rejects(asked[0] ?? Promise.resolve(), /no disk/);
  await setImmediate();
  assert.equal(runs.length, 2);
  runs[1]?.resolve('x');
  assert.deepEqual(await Promise.all(asked.slice(1)), ['x, made', 'x']);
});

test('who is cancelled waits no longer, and the work goes on', async (t) => {
  const underWay = new UnderWay();
  const { runs, look, work } = makeWork();
  const first = underWay.once('a', t.signal, look, work);
  const cancelled = new AbortController();
  const second = underWay.once('a', cancelled.signal, look, work);
  await setImmediate();
  cancelled.abort(new Error('cancelled'));
  await assert.rejects(second, /cancelled/);
  runs[0]?.resolve('x');
  assert.equal(await first, 'x, made');
  assert.equal(runs.length, 1);
});
