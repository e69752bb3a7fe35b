import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { platformSpecs } from '../../../src/local/process-specs.ts';

test('a relative path means one place to the command line, the workers and the policy server', () => {
  const names = ['STEADFAST_STORE', 'HF_HOME', 'HF_HUB_CACHE', 'HF_TOKEN_PATH', 'DOCKER_CONFIG'];
  const config = loadConfig(Object.fromEntries(names.map((name) => [name, `here/${name}`])));
  assert.equal(config.store, resolve('here/STEADFAST_STORE'));
  const { policy, workers } = platformSpecs(config, null);
  for (const spec of [policy, ...workers]) {
    assert.ok(spec);
    for (const name of names) assert.equal(spec.env[name], resolve(`here/${name}`), `${spec.name}: ${name}`);
    const there = loadConfig(spec.env);
    assert.deepEqual(
      [there.store, there.dockerConfig, there.hub],
      [config.store, config.dockerConfig, config.hub],
    );
  }
});

test('a path of the hub may begin with ~, as its own clients take it', () => {
  const { hub, environment } = loadConfig({ HF_HOME: '~/hub' });
  assert.equal(hub.folder, `${homedir()}/hub/hub`);
  assert.equal(environment['HF_HOME'], `${homedir()}/hub`);
});
