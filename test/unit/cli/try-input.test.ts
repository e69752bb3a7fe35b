import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { PACKAGE_ROOT, SHIPPED } from '../../../src/cli/package-files.ts';
import { onlyInstance } from '../../../src/cli/pick-instance.ts';
import { tryInput } from '../../../src/cli/try-input.ts';
import { tryOptions } from '../../../src/cli/try-options.ts';
import { loadConfig } from '../../../src/config.ts';
import { load, loadedIds, PARQUET, typed } from '../../support/data-loader.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const RECORDS = readFileSync(join(PARQUET, 'records.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
const ID = String(RECORDS[3]?.['instance_id']);

/** The input of `steadfast try` with these options, in an environment. */
async function inputOf(
  t: TestContext,
  args: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>> = {},
) {
  const home = temporaryHome(t);
  const config = loadConfig({ HOME: home, STEADFAST_CACHE: join(home, 'cache'), ...env });
  return await tryInput({ args, own: { rollouts_per_instance: 1 }, config, cwd: home, run: 'try-1' });
}

/** The ids of what a run of that one instance would load. */
async function idsOf(t: TestContext, args: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  const input = await inputOf(t, { instance: ID, ...args });
  const chosen = Object.entries(input).filter(([name]) => ['split', 'where', 'sample'].includes(name));
  return await loadedIds(String(input['data']), Object.fromEntries(chosen));
}

describe('the model of try', () => {
  const key = { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://e/v1' };

  it('is the shipped folder on the embedded server, whatever the environment names', async (t) => {
    const { model, api_base } = await inputOf(t, {}, key);
    assert.deepEqual([model, api_base], [join(PACKAGE_ROOT, SHIPPED.policy), null]);
  });

  it('is asked of the endpoint of the environment where it is named', async (t) => {
    const named = await inputOf(t, { model: 'gpt-5' }, key);
    assert.deepEqual([named['model'], named['api_base']], ['gpt-5', 'http://e/v1']);
    const config = join(temporaryHome(t), 'run.json');
    writeFileSync(config, JSON.stringify({ model: 'gpt-5' }));
    assert.equal((await inputOf(t, { config }, key))['api_base'], 'http://e/v1');
  });

  it('in a config of training is a folder for the embedded server, and what trains is left out', async (t) => {
    const config = join(temporaryHome(t), 'train.json');
    const model = join(PACKAGE_ROOT, SHIPPED.policy);
    const evaluation = { sets: [{ name: 'a', data: join(PACKAGE_ROOT, SHIPPED.data) }] };
    const train = { mode: 'train', run: 'night', model, batch_size: 8, learning_rate: 1e-3, evaluation };
    writeFileSync(config, JSON.stringify({ ...train, max_steps: 6 }));
    const input = await inputOf(t, { config }, key);
    assert.deepEqual([input['mode'], input['api_base'], input['max_steps']], ['inference', null, 6]);
    for (const name of ['run', 'batch_size', 'learning_rate', 'evaluation'])
      assert.ok(!(name in input), name);
  });

  it('is asked of the endpoint that the options name', async (t) => {
    assert.equal((await inputOf(t, { 'api-base': 'http://f/v1' }, key))['api_base'], 'http://f/v1');
  });
});

describe('one instance of try', () => {
  it('is found in data of every form', async (t) => {
    const home = temporaryHome(t);
    const array = join(home, 'array.json');
    writeFileSync(array, JSON.stringify(RECORDS));
    for (const data of [join(PARQUET, 'records.jsonl'), join(PARQUET, 'snappy-groups.parquet'), array])
      assert.deepEqual(await idsOf(t, { data }), [ID], data);
    mkdirSync(join(home, 'folder'));
    writeFileSync(join(home, 'folder/train.jsonl'), JSON.stringify({ ...RECORDS[0], instance_id: 'other' }));
    copyFileSync(join(PARQUET, 'records.jsonl'), join(home, 'folder/test.jsonl'));
    assert.deepEqual(await idsOf(t, { data: join(home, 'folder'), split: 'test' }), [ID]);
  });

  it('is chosen beside what else chooses records', async (t) => {
    const data = join(PARQUET, 'records.jsonl');
    const where = `instance_id == "none" || instance_id == "${ID}" // both`;
    assert.deepEqual(await idsOf(t, { data, where, sample: '5' }), [ID]);
    await assert.rejects(idsOf(t, { data, where: 'stars > 100000' }), typed('Config.Invalid', /none of the/));
  });

  it('is left to the run where the data is on the hub', async (t) => {
    const input = await inputOf(t, { data: 'owner/name', instance: ID });
    assert.deepEqual([input['data'], input['where']], ['owner/name', `instance_id == "${ID}"`]);
  });

  it('that the data lacks is told with its id, the data and what was meant', async (t) => {
    const data = join(PARQUET, 'snappy-groups.parquet');
    const message = `there is no instance "${ID}x" in ${data}; did you mean ${ID}?`;
    await assert.rejects(inputOf(t, { data, instance: `${ID}x` }), { name: 'CommandError', message });
    const where = onlyInstance(null, 'x"\\y');
    const said = `data is ${data} and where is ${JSON.stringify(where)}: none of the 14 records meets it`;
    await assert.rejects(load(data, { where }), { type: 'Config.Invalid', message: said });
  });

  it('may have any characters in its id', async (t) => {
    const data = join(temporaryHome(t), 'odd.jsonl');
    const ids = ['a"b', 'a\\b', 'a\\"b', "it's", 'ü😀', '"||true||"'];
    writeFileSync(data, ids.map((id) => JSON.stringify({ ...RECORDS[0], instance_id: id })).join('\n'));
    for (const id of ids) assert.deepEqual(await loadedIds(data, { where: onlyInstance(null, id) }), [id]);
  });
});

describe('the help of try', () => {
  it('tells of the defaults that hold there', () => {
    const options = tryOptions(1);
    const told = (name: string) => options[name]?.description ?? '';
    assert.match(told('data'), /\(default: the package's examples\/train\.jsonl\)$/);
    assert.match(told('model'), /\(default: the package's examples\/policy\)$/);
    assert.match(told('quality-filter'), /\(default: false\)$/);
    assert.equal(told('temperature'), 'Sampling temperature (default: 1)');
    assert.match(told('reward-power'), /reward \(default: 1\)$/);
    assert.match(told('api-base'), /default: as in steadfast run where a model is named, else the embedded/);
    assert.equal(tryOptions(0)['temperature']?.description, 'Sampling temperature (default: 0)');
    assert.doesNotMatch(JSON.stringify(options), /(inference|train) mode/);
    assert.ok(!('negativeDescription' in (options['quality-filter'] ?? {})));
  });
});
