import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PlatformWorld } from '../../support/platform-world.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples/', import.meta.url));

test(
  'a whole train run: instances, rollouts, grading, groups, a gradient step, the next version, an evaluation',
  {
    timeout: 900_000,
  },
  async (t) => {
    const world = await PlatformWorld.start();
    t.after(() => world.stop());
    const shipped = JSON.parse(readFileSync(join(EXAMPLES, 'run.json'), 'utf8')) as Record<string, unknown>;
    const data = join(EXAMPLES, 'train.jsonl');
    const config = {
      ...shipped,
      data,
      model: join(EXAMPLES, 'policy'),
      num_instances: 4,
      batch_size: 2,
      rollouts_per_instance: 6,
      epochs: 1,
      sandbox: 'bubblewrap',
      evaluation: {
        rollouts_per_instance: 2,
        sets: [{ name: 'unseen', data: join(EXAMPLES, 'warm-start.jsonl') }],
      },
    };
    const file = join(world.home, 'train.json');
    writeFileSync(file, JSON.stringify(config));

    const summary = await world.runByTemporal('whole', file);

    assert.equal(summary.totals.rollouts, 4 * 6);
    assert.equal(summary.totals.failed, 0);
    assert.equal(summary.steps, summary.rewardByStep.length);
    assert.ok(summary.steps >= 1, 'no batch of 12 rollouts had any variance');
    assert.deepEqual(
      summary.evaluations.map(({ set, when, rollouts, policyVersion }) => ({
        set,
        when,
        rollouts,
        policyVersion,
      })),
      [
        { set: 'unseen', when: 'before', rollouts: 12, policyVersion: 0 },
        { set: 'unseen', when: 'after', rollouts: 12, policyVersion: summary.steps },
      ],
    );
    const run = join(world.store, 'runs/whole');
    for (let step = 0; step <= summary.steps; step++) {
      assert.ok(existsSync(join(run, `checkpoints/step-000${step}/manifest.json`)));
    }
    const metrics = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
    assert.equal(metrics.length, summary.steps);

    // A new policy server knows no run: the version has to be found by its files.
    await world.kill('policy');
    const evaluate = async (model: string) => {
      const seen = join(EXAMPLES, 'warm-start.jsonl');
      const sizes = ['--num-instances', '2', '--rollouts-per-instance', '2', '--sandbox', 'bubblewrap'];
      return await world.steadfast(['eval', '--model', model, '--data', seen, ...sizes, '--json']);
    };
    const evaluated = await evaluate(`whole@${summary.steps}`);
    assert.equal(evaluated.code, 0, evaluated.stderr);
    const record = JSON.parse(evaluated.stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual(
      [record['type'], record['model'], record['rollouts'], record['failed']],
      ['evaluation', `whole@${summary.steps}`, 4, 0],
    );
    const unknown = await evaluate('whole@99');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /run whole has no checkpoint of step 99; it has 0, 1/);

    const merged = join(world.home, 'merged');
    const exported = await world.steadfast(['export-adapter', 'whole@1', '--merged', '--out', merged]);
    assert.equal(exported.code, 0, exported.stderr);
    const ofFolder = await evaluate(merged);
    assert.equal(ofFolder.code, 0, ofFolder.stderr);
    const again = await world.steadfast(['export-adapter', 'whole@1', '--out', merged]);
    assert.match(again.stderr, /holds files already/);

    const forked = { ...config, start_from: 'whole@1', num_instances: 2, keep_newest: 1, evaluation: null };
    writeFileSync(file, JSON.stringify(forked));
    await world.runByTemporal('forked', file);
    const manifest = JSON.parse(
      readFileSync(join(world.store, 'runs/forked/checkpoints/step-0000/manifest.json'), 'utf8'),
    ) as { readonly from: { readonly run: string; readonly step: number } };
    assert.deepEqual([manifest.from.run, manifest.from.step], ['whole', 1]);
  },
);
