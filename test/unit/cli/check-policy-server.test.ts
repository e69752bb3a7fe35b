import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { refuseWithoutPolicyServer } from '../../../src/cli/check-policy-server.ts';
import { loadConfig } from '../../../src/config.ts';
import { PlatformRun } from '../../../src/local/platform-run.ts';
import { pretendSetUp } from '../../support/pretend-set-up.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const TRAINING = { mode: 'train', model: '/m', data: '/d.jsonl' };
const ENDPOINT = { mode: 'inference', model: 'gpt-5', data: '/d.jsonl', api_base: 'http://e/v1' };

test('what a policy server samples or trains is refused where the platform came up without one', async (t) => {
  const home = temporaryHome(t);
  const cache = join(home, 'cache');
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: cache });
  const artifacts = createFolderArtifacts(config.store);
  await new PlatformRun(config, null, { temporal: null, policy: null, workers: [] }).start();
  const check = async (input: Readonly<Record<string, unknown>>, variables: Record<string, string> = {}) =>
    await refuseWithoutPolicyServer(loadConfig({ ...config.environment, ...variables }), artifacts, input);
  const setUp =
    /"\/m", and the platform came up without one: node src\/local\/setup\/setup\.mjs, then steadfast down/;
  await assert.rejects(check(TRAINING), { name: 'CommandError', message: setUp });
  await assert.rejects(check({ ...TRAINING, trainer: 'tinker' }), setUp);
  await assert.rejects(check(version('/m')), setUp);

  await check(ENDPOINT);
  // ART samples what it trains.
  await check({ ...TRAINING, trainer: 'art', loss: 'grpo' });
  await check(TRAINING, { STEADFAST_POLICY_URL: 'http://gpu:8400/v1' });
  await check(TRAINING, { TEMPORAL_ADDRESS: 'temporal:7233' });

  pretendSetUp(cache);
  await assert.rejects(check(TRAINING), /the platform came up without one: steadfast down, then this again/);
});

/** A model that is no endpoint's. */
function version(model: string): Readonly<Record<string, unknown>> {
  return { ...ENDPOINT, model, api_base: null };
}

test('policy versions are sampled where they are, the policy server or not', async (t) => {
  const home = temporaryHome(t);
  const config = loadConfig({ STEADFAST_HOME: home, STEADFAST_CACHE: join(home, 'cache') });
  const artifacts = createFolderArtifacts(config.store);
  const manifest = async (run: string, of: object) =>
    await artifacts.writeRunFile(run, 'checkpoints/step-0002/manifest.json', JSON.stringify(of));
  await manifest('ours', { base_model: '/m', files: {} });
  await manifest('arts', { base_model: '/m', files: {}, sampled_at: { model: 'x' } });
  await assert.rejects(refuseWithoutPolicyServer(config, artifacts, version('ours@2')), /"ours@2"/);
  await refuseWithoutPolicyServer(config, artifacts, version('arts@2'));
  const replicas = loadConfig({ ...config.environment, STEADFAST_SAMPLER_URLS: 'http://vllm:8000/v1' });
  await refuseWithoutPolicyServer(replicas, artifacts, version('ours@2'));
});
