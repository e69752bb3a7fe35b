import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type Config, loadConfig } from '../../../src/config.ts';
import { ensurePlatform } from '../../../src/local/platform.ts';
import { wantedPorts } from '../../../src/local/ports.ts';
import { platformSpecs } from '../../../src/local/process-specs.ts';
import { pretendSetUp } from '../../support/pretend-set-up.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a relative path means one place to the command line, the workers and the policy server', (t) => {
  const cache = temporaryHome(t);
  pretendSetUp(cache);
  const names = ['STEADFAST_STORE', 'HF_HOME', 'HF_HUB_CACHE', 'HF_TOKEN_PATH', 'DOCKER_CONFIG'];
  const relative = Object.fromEntries(names.map((name) => [name, `here/${name}`]));
  const config = loadConfig({ ...relative, STEADFAST_CACHE: cache });
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

test('a policy server elsewhere is not started here, wants no port, and no set-up', async (t) => {
  const home = temporaryHome(t);
  const cache = join(home, 'cache');
  pretendSetUp(cache);
  const here = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: cache });
  const elsewhere = loadConfig({ ...here.environment, STEADFAST_POLICY_URL: 'http://gpu:8400/v1' });
  assert.equal(platformSpecs(elsewhere, null).policy, null);
  assert.equal(platformSpecs(here, null).policy?.name, 'policy');
  assert.deepEqual(variablesOf(elsewhere), ['STEADFAST_TEMPORAL_PORT', 'STEADFAST_UI_PORT']);
  assert.ok(variablesOf(here).includes('STEADFAST_POLICY_PORT'));
});

test('a policy server that set-up left out is not started, and missed where a model is to be loaded', async (t) => {
  const home = temporaryHome(t);
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: join(home, 'cache') });
  assert.equal(platformSpecs(config, null).policy, null);
  assert.deepEqual(variablesOf(config), ['STEADFAST_TEMPORAL_PORT', 'STEADFAST_UI_PORT']);
  await assert.rejects(ensurePlatform(config), /set-up is lacking (?!.*trainer-)/);
  await assert.rejects(ensurePlatform(config, { model: 'm' }), /set-up is lacking .*trainer-/);
});

test('a path of the hub may begin with ~, as its own clients take it', () => {
  const { hub, environment } = loadConfig({ HF_HOME: '~/hub' });
  assert.equal(hub.folder, `${homedir()}/hub/hub`);
  assert.equal(environment['HF_HOME'], `${homedir()}/hub`);
});

function variablesOf(config: Config): string[] {
  return wantedPorts(config).map(({ variable }) => variable);
}
