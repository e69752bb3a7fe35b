import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inParallel } from '../../../src/workflows/parallel.ts';
import { widthsFor } from '../../../src/workflows/widths.ts';

describe('widthsFor', () => {
  it('never has more rollouts in flight than the concurrency', () => {
    for (let concurrency = 1; concurrency <= 40; concurrency++) {
      for (let size = 1; size <= 20; size++) {
        const { groups, members } = widthsFor(concurrency, size);
        assert.ok(
          groups * members <= concurrency,
          `${groups} x ${members} of ${concurrency}, groups of ${size}`,
        );
        assert.ok(groups >= 1 && members >= 1 && members <= size);
      }
    }
  });

  it('uses it up where it divides', () => {
    assert.deepEqual(widthsFor(32, 8), { groups: 4, members: 8 });
    assert.deepEqual(widthsFor(6, 4), { groups: 2, members: 3 });
    assert.deepEqual(widthsFor(4, 8), { groups: 1, members: 4 });
  });
});

describe('inParallel', () => {
  it('keeps to its width and waits for all before it throws', async () => {
    let running = 0;
    let peak = 0;
    let ended = 0;
    const work = async (item: number) => {
      peak = Math.max(peak, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      ended++;
      if (item === 1) throw new Error('one');
    };
    await assert.rejects(inParallel([1, 2, 3, 4, 5], 2, work), /one/);
    assert.equal(peak, 2);
    assert.equal(ended, 5);
  });
});
