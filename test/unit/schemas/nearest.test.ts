import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestName } from '../../../src/schemas/nearest.ts';

describe('nearestName', () => {
  const cases: [string, string[], string | null][] = [
    ['modle', ['mode', 'model'], 'model'],
    ['batchsize', ['batch_size', 'max_steps'], 'batch_size'],
    ['--no-qualityfilter', ['--no-quality-filter', '--quality-filter'], '--no-quality-filter'],
    ['rollouts', ['run', 'rollouts_per_instance'], 'rollouts_per_instance'],
    ['xyz', ['model', 'data'], null],
    ['', ['model'], null],
    ['a', [], null],
  ];
  for (const [name, candidates, expected] of cases) {
    it(`answers ${expected} for ${JSON.stringify(name)}`, () => {
      assert.equal(nearestName(name, candidates), expected);
    });
  }
});
