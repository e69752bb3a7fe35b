import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asInference } from '../../../src/cli/as-inference.ts';
import { describesARun, evalInput } from '../../../src/cli/eval-options.ts';

test('an evaluation samples several rollouts of an instance at temperature 1, one alone at 0', () => {
  assert.deepEqual(evalInput({ model: 'm', rollouts_per_instance: 1 }), {
    model: 'm',
    rollouts_per_instance: 1,
    quality_filter: false,
    temperature: 0,
    epochs: 1,
  });
  assert.equal(evalInput({ rollouts_per_instance: 4 })['temperature'], 1);
  assert.equal(evalInput({})['temperature'], 1);
  assert.equal(evalInput({ rollouts_per_instance: 4, temperature: 0.3 })['temperature'], 0.3);
});

test('an evaluation trains nothing, has a name of its own, and filters only where it is told to', () => {
  const training = { mode: 'train', epochs: 3, run: 'night', evaluation: { sets: [] }, quality_filter: true };
  assert.deepEqual(evalInput(asInference(training)), {
    mode: 'inference',
    epochs: 1,
    temperature: 1,
    quality_filter: true,
  });
});

test('what names a run alone is about one that was made', () => {
  assert.equal(describesARun({ run: 'night' }), false);
  for (const given of [{ model: 'm' }, { config: 'run.json' }, { name: 'again' }])
    assert.equal(describesARun({ run: 'night', ...given }), true, JSON.stringify(given));
});
