import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { packageRoot } from '../../../src/local/setup/paths.mjs';
import { defaultApiBase } from '../../../src/schemas/run-config-endpoint.ts';

const compose = readFileSync(join(packageRoot, 'infra/compose.yaml'), 'utf8');

suite('the environment of infra/compose.yaml', () => {
  test('samples inference from its own policy server, which is then told to load the model', () => {
    const config = loadConfig(variablesIn('x-environment: &environment'));
    assert.equal(defaultApiBase(config), null);
    assert.equal(config.policyUrl, 'http://policy:8400/v1');
  });

  const readers: [string, string[]][] = [
    ['policy', ['HF_TOKEN', 'HF_ENDPOINT']],
    ['orchestrator', ['HF_TOKEN', 'HF_ENDPOINT', 'SWEBENCH_IMAGE_NAMESPACE']],
    ['sandbox', ['STEADFAST_SANDBOX_BASE', 'HF_TOKEN', 'HF_ENDPOINT', 'SWEBENCH_IMAGE_NAMESPACE']],
    ['cli', ['HF_TOKEN', 'HF_ENDPOINT', 'SWEBENCH_IMAGE_NAMESPACE']],
    ['trainer', ['TINKER_BASE_URL', 'TINKER_API_KEY', 'ART_BASE_URL', 'WANDB_API_KEY']],
    ['model', ['WANDB_API_KEY', 'STEADFAST_SAMPLER_URLS']],
  ];
  for (const [service, names] of readers) {
    test(`hands ${names.join(', ')} to ${service}, which reads them`, () => {
      const variables = variablesIn(`  ${service}:`);
      for (const name of names) assert.ok(name in variables, name);
    });
  }

  test('has an address of the hub where none is set: an empty one is none to its Python client', () => {
    assert.equal(variablesIn('  policy:')['HF_ENDPOINT'], 'https://huggingface.co');
  });
});

/** What a block sets, up to the next one, where .env says nothing. */
function variablesIn(heading: string): Record<string, string> {
  const [, after = ''] = compose.split(`\n${heading}\n`);
  const [block = ''] = after.split(/\n\n/);
  const lines = [...block.matchAll(/^ +([A-Z_]+): (.*)$/gm)];
  return Object.fromEntries(
    lines.map(([, name = '', value = '']) => [name, value.replace(/^\$\{\w+:-(.*)\}$/, '$1')]),
  );
}
