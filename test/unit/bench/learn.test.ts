import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REWARD_ARMS } from '../../../bench/learn/arms.ts';
import { appendRun, type Learned, learnedOf } from '../../../bench/learn/ledger.ts';
import { packageFile, readOptions } from '../../../bench/learn/options.ts';
import { writePage } from '../../../bench/learn/page.ts';
import { runConfig } from '../../../bench/learn/run-config.ts';
import { setsPicture, stepsPicture } from '../../../bench/learn/picture.ts';
import { changesOf, curveOf } from '../../../bench/learn/statistics.ts';
import { tableOf, timesOf } from '../../../bench/learn/table.ts';
import { temporaryHome } from '../../support/temporary-home.ts';
import type { RunSummary } from '../../../src/domain/run-summary.ts';

/** A run that took its only set from one reward to another, by way of the steps'. */
function learned(arm: string, seed: number, rewards: readonly [number, number], byStep: number[]): Learned {
  const [before, after] = rewards;
  const of = { set: 'held out', instances: 6, rollouts: 24 };
  return {
    arm,
    seed,
    commit: 'c1',
    at: '',
    seconds: 60 * (seed + 1),
    interrupted: false,
    rewardByStep: byStep,
    staleness: seed + 1,
    evaluations: [
      { ...of, when: 'before', reward: before, resolved: 0.25 },
      { ...of, when: 'after', reward: after, resolved: 0.5 },
    ],
    failed: 1,
  };
}

const RUNS = [
  learned('rewards', 1, [0.5, 0.9], [0.3, 0.7]),
  learned('rewards', 0, [0.4, 0.6], [0.5]),
  learned('shuffled', 0, [0.4, 0.3], [0.5]),
];

test('changes are those of each seed, and the least of them is told', () => {
  const [change] = changesOf(RUNS.slice(0, 2));
  assert.ok(change);
  assert.deepEqual([change.before.mean, change.after.mean], [0.45, 0.75]);
  assert.ok(Math.abs(change.change.mean - 0.3) < 1e-9 && Math.abs(change.change.least - 0.2) < 1e-9);
  assert.ok(Math.abs((change.change.deviation ?? 0) - Math.SQRT1_2 * 0.2) < 1e-9);
});

test('a change is of those runs that were evaluated before and after', () => {
  const unfinished = learned('rewards', 2, [0.1, 0.1], [0.5]);
  const [change] = changesOf([
    ...RUNS.slice(0, 2),
    { ...unfinished, evaluations: unfinished.evaluations.slice(0, 1) },
  ]);
  assert.deepEqual([change?.before.mean, change?.after.mean], [0.45, 0.75]);
});

test('a run that was interrupted says nothing of the time that one takes', () => {
  const [first, second] = RUNS.slice(0, 2).map((run, i) => ({ ...run, interrupted: i === 0 }));
  assert.ok(first && second);
  assert.match(timesOf([first, second]), /\| as it is \| 2 \| 1 to 2 \| 1\.0, at most 1\.0 \|/);
  assert.match(timesOf([first]), /\| as it is \| 1 \| 2 to 2 \|  \|/);
});

test('the mean of a step is over the runs that made it', () => {
  assert.deepEqual(
    curveOf(RUNS.slice(0, 2)).map(({ step, mean }) => [step, mean]),
    [
      [1, 0.4],
      [2, 0.7],
    ],
  );
});

test('tables and pictures have a line for each arm that was run', async () => {
  const [, , first, second] = tableOf(RUNS).split('\n');
  assert.match(
    first ?? '',
    /^\| as it is \| held out \(6\) \| 2 \| 0\.450 ± 0\.071 \| 0\.750 ± 0\.212 \| \+0\.300 ± 0\.141 \| \+0\.200 \|/,
  );
  assert.match(
    second ?? '',
    /^\| rewards shuffled .* \| 0\.400 \| 0\.300 \| −0\.100 \| −0\.100 \| 25% to 50% \|$/,
  );
  assert.match(timesOf(RUNS), /\| as it is \| 2 \| 1 to 2 \| 1\.5, at most 2\.0 \| 1\.5 \| 2 \| c1 \|/);
  for (const picture of await Promise.all([
    stepsPicture(REWARD_ARMS, RUNS),
    setsPicture(REWARD_ARMS, RUNS),
  ])) {
    assert.match(picture, /^<\?xml [^]*<svg [^]*as it is[^]*rewards shuffled[^]*<\/svg>/);
    assert.doesNotMatch(picture, /Tinker|NaN/);
  }
});

test('the names of lines that end at the same height stand apart', async () => {
  const runs = ['rewards', 'shuffled'].map((arm) => learned(arm, 0, [0.4, 0.5], [0.5, 0.6]));
  const picture = await stepsPicture(REWARD_ARMS, runs);
  const heights = ['as it is', 'rewards shuffled'].map((name) =>
    Number(new RegExp(`translate\\([\\d.]+,([\\d.]+)\\)"[^>]*>${name}`).exec(picture)?.[1]),
  );
  const [first = 0, second = 0] = heights;
  assert.ok(Math.abs(first - second) >= 10, `at ${heights.join(' and ')}`);
});

test('a run is kept by the means of what was scored', () => {
  const totals = { rollouts: 5, failed: 1, rewardSum: 2, resolved: 1 };
  const evaluations = [{ ...totals, set: 's', when: 'after' as const, policyVersion: 3, instances: 2 }];
  const summary = { rewardByStep: [0.5], evaluations, totals } as unknown as RunSummary;
  const metrics = [{ 'batch/staleness_mean': 1 }, { 'batch/staleness_mean': 2 }];
  const kept = learnedOf(summary, metrics, {
    arm: 'rewards',
    seed: 0,
    commit: '',
    at: '',
    seconds: 1,
    interrupted: false,
  });
  assert.deepEqual(kept.evaluations, [
    { set: 's', when: 'after', instances: 2, rollouts: 4, reward: 0.5, resolved: 0.25 },
  ]);
  assert.deepEqual([kept.staleness, kept.failed], [1.5, 1]);
});

test('the command line is checked by name', () => {
  assert.equal(readOptions([]).seeds, 5);
  assert.deepEqual(readOptions(['--arms', 'shuffled']).arms, [REWARD_ARMS[1]]);
  assert.throws(
    () => readOptions(['--arms', 'none']),
    /--arms names "none"; expected some of rewards, shuffled/,
  );
  assert.throws(() => readOptions(['--seeds', '0']), /--seeds is "0"; expected a whole number from 1/);
});

test('runs of another config or model have a ledger of their own', () => {
  assert.ok(readOptions([]).ledger.endsWith('/docs/learning.jsonl'));
  const own = readOptions(['--model', 'owner/name', '--ledger', 'own.jsonl']);
  assert.deepEqual([own.model, own.ledger], ['owner/name', 'own.jsonl']);
  for (const option of ['--model', '--config'])
    assert.throws(
      () => readOptions([option, 'x']),
      new RegExp(`^Error: ${option} is given and --ledger is not`),
    );
  assert.throws(() => readOptions(['--ledger', 'own.txt']), /--ledger is "own\.txt"; expected .*\.jsonl/);
});

test('a config is read with paths that hold everywhere, and one that lacks a field is named with it', (context) => {
  const folder = temporaryHome(context);
  const of = { config: packageFile('examples/small-model.json'), model: folder, rollouts: 2 };
  const config = runConfig(of);
  assert.deepEqual([config['model'], config['data']], [folder, packageFile('examples/train.jsonl')]);
  assert.equal(runConfig({ ...of, model: null })['model'], 'Qwen/Qwen3-0.6B');
  const { sets, rollouts_per_instance } = config['evaluation'] as {
    sets: { name: string; data: string }[];
    rollouts_per_instance: number;
  };
  assert.equal(rollouts_per_instance, 2);
  assert.ok(sets.every(({ name, data }) => name !== '' && data.startsWith(packageFile('examples/'))));
  const lacking = join(folder, 'lacking.json');
  writeFileSync(lacking, '{"model": "m", "data": "d.jsonl"}');
  assert.throws(
    () => runConfig({ ...of, config: lacking }),
    /--config is ".*lacking\.json": [^]*at evaluation/,
  );
  assert.throws(() => runConfig({ ...of, config: join(folder, 'none') }), /--config is ".*none": .*ENOENT/);
});

test('tables and pictures stand beside the ledger, and the words of their page stay', async (context) => {
  const folder = temporaryHome(context);
  const ledger = join(folder, 'own.jsonl');
  for (const run of RUNS.slice(0, 1)) appendRun(ledger, run);
  await writePage(ledger);
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'own-reward-sets.svg',
    'own-reward.svg',
    'own.jsonl',
    'own.md',
  ]);
  const page = join(folder, 'own.md');
  writeFileSync(page, `${readFileSync(page, 'utf8')}\nMy words.\n`);
  for (const run of RUNS.slice(1)) appendRun(ledger, run);
  await writePage(ledger);
  const text = readFileSync(page, 'utf8');
  assert.match(
    text,
    /\(own-reward\.svg\)[^]*\| as it is +\|[^]*\| rewards shuffled[^]*at most[^]*My words\.\n$/,
  );
  assert.equal(text.match(/\| trained +\| seeds/g)?.length, 1);
});
