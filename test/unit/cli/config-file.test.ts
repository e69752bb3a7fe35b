import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { checkDataFiles, readConfigFile, withAbsolutePaths } from '../../../src/cli/config-file.ts';
import { makeInput } from '../../../src/cli/run-input.ts';
import { loadConfig } from '../../../src/config.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

describe('a config file', () => {
  const bad: [string, string | null, RegExp][] = [
    ['that is not there', null, /cannot be read: there is no such file/],
    ['that is not JSON', '{"a":', /is not JSON/],
    ['that is a list', '[]', /is not a JSON object/],
  ];
  for (const [what, content, expected] of bad) {
    it(`${what} is refused`, async (t) => {
      const path = join(temporaryHome(t), 'run.json');
      if (content !== null) writeFileSync(path, content);
      await assert.rejects(readConfigFile(path), expected);
    });
  }

  it('is merged under explicit options', async (t) => {
    const home = temporaryHome(t);
    const path = join(home, 'run.json');
    writeFileSync(path, JSON.stringify({ model: 'm', data: 'd.jsonl', epochs: 3, seed: 7 }));
    const input = await makeInput({
      args: { config: path, epochs: '5' },
      config: loadConfig({ HOME: home }),
      cwd: home,
      defaults: { seed: 1, batch_size: 2 },
    });
    assert.deepEqual(input, {
      model: 'm',
      data: join(home, 'd.jsonl'),
      epochs: 5,
      seed: 7,
      batch_size: 2,
      api_base: null,
    });
  });

  it('takes the endpoint of the environment for inference, not for training', async (t) => {
    const home = temporaryHome(t);
    const config = loadConfig({ HOME: home, OPENAI_BASE_URL: 'http://e/v1', OPENAI_API_KEY: 'default' });
    const args = { model: 'm', data: '/d' };
    const made = async (more: object) => await makeInput({ args: { ...args, ...more }, config, cwd: home });
    assert.equal((await made({}))['api_base'], 'http://e/v1');
    assert.equal((await made({ 'api-base': 'http://f/v1' }))['api_base'], 'http://f/v1');
    assert.ok(!('api_base' in (await made({ mode: 'train' }))));
  });

  it('needs model and data from somewhere', async (t) => {
    const home = temporaryHome(t);
    const made = makeInput({ args: { data: 'x' }, config: loadConfig({ HOME: home }), cwd: home });
    await assert.rejects(made, { name: 'UsageError', message: /--model is missing/ });
  });
});

describe('paths of a config', () => {
  it('become absolute, with models where a folder is there', async (t) => {
    const home = temporaryHome(t);
    mkdirSync(join(home, 'policy'));
    const absolute = await withAbsolutePaths(
      { data: 'a.jsonl', model: 'policy', evaluation: { sets: [{ name: 'x', data: 'b.jsonl' }] } },
      home,
    );
    assert.deepEqual(absolute, {
      data: join(home, 'a.jsonl'),
      model: join(home, 'policy'),
      evaluation: { sets: [{ name: 'x', data: join(home, 'b.jsonl') }] },
    });
    assert.equal((await withAbsolutePaths({ model: 'Qwen/Qwen3-32B' }, home))['model'], 'Qwen/Qwen3-32B');
    const remote = { model: 'policy', api_base: 'http://e/v1' };
    assert.equal((await withAbsolutePaths(remote, home))['model'], 'policy');
  });

  it('to data are those of files and folders that are there; names of the hub stay', async (t) => {
    const home = temporaryHome(t);
    mkdirSync(join(home, 'SWE-bench', 'here'), { recursive: true });
    const dataOf = async (data: string) => (await withAbsolutePaths({ data }, home))['data'];
    assert.equal(await dataOf('SWE-bench/SWE-smith'), 'SWE-bench/SWE-smith');
    assert.equal(await dataOf('SWE-bench/here'), join(home, 'SWE-bench/here'));
    assert.equal(await dataOf('none/none.parquet'), join(home, 'none/none.parquet'));
    await checkDataFiles({ data: 'SWE-bench/SWE-smith' });
  });

  it('that are empty are none, not the folder that the command stands in', async (t) => {
    const home = temporaryHome(t);
    assert.equal((await withAbsolutePaths({ data: '' }, home))['data'], '');
    await assert.rejects(withAbsolutePaths({ model: '' }, home), /the model is ""; expected a folder/);
  });

  it('to a model that can only be a folder must lead to one', async (t) => {
    await assert.rejects(
      withAbsolutePaths({ model: './none' }, temporaryHome(t)),
      /the model .\/none is no folder/,
    );
  });

  it('to data must lead to files', async (t) => {
    const home = temporaryHome(t);
    const data = join(home, 'a.jsonl');
    writeFileSync(data, '{}\n');
    await checkDataFiles({ data });
    await checkDataFiles({ data: home });
    await assert.rejects(
      checkDataFiles({ data, evaluation: { sets: [{ name: 'x', data: join(home, 'none') }] } }),
      /none cannot be read: there is no such file/,
    );
  });
});
