import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { loadConfig } from '../../src/config.ts';

const LEVELS = [...Object.values(pino.levels.labels), 'silent'];

test('the hub is found by the variables that its own clients read', () => {
  assert.deepEqual(loadConfig({ XDG_CACHE_HOME: '/c' }).hub, {
    url: 'https://huggingface.co',
    token: null,
    tokenFile: '/c/huggingface/token',
    folder: '/c/huggingface/hub',
  });
  const home = { HF_HOME: '/h', HF_ENDPOINT: 'https://mirror.example/', HF_TOKEN: 'hf_x' };
  assert.deepEqual(loadConfig(home).hub, {
    url: 'https://mirror.example',
    token: 'hf_x',
    tokenFile: '/h/token',
    folder: '/h/hub',
  });
  const apart = { ...home, HF_HUB_CACHE: '/d', HF_TOKEN_PATH: '/t', HF_TOKEN: '' };
  assert.deepEqual(loadConfig(apart).hub, {
    url: 'https://mirror.example',
    token: null,
    tokenFile: '/t',
    folder: '/d',
  });
  assert.throws(() => loadConfig({ HF_ENDPOINT: 'mirror' }), /HF_ENDPOINT is "mirror"; expected a URL/);
});

test('an address is one URL, whichever variable holds it', () => {
  const single = [
    'OPENAI_BASE_URL',
    'STEADFAST_POLICY_URL',
    'TINKER_BASE_URL',
    'ART_BASE_URL',
    'HF_ENDPOINT',
  ];
  for (const name of single) {
    assert.throws(() => loadConfig({ [name]: 'localhost:8000' }), {
      message: `${name} is "localhost:8000"; expected a URL that begins with http:// or https://`,
    });
    assert.throws(() => loadConfig({ [name]: 'http://a/v1,http://b/v1' }), {
      message: `${name} is "http://a/v1,http://b/v1"; expected one URL, and no comma`,
    });
  }
  const { openaiBaseUrl, policyUrl } = loadConfig({
    OPENAI_BASE_URL: 'http://a/v1/',
    STEADFAST_POLICY_URL: 'http://b/v1/',
  });
  assert.deepEqual([openaiBaseUrl, policyUrl], ['http://a/v1', 'http://b/v1']);
});

test('the log level is one that the logger has', () => {
  assert.equal(loadConfig({}).logLevel, 'info');
  for (const level of ['', ...LEVELS])
    assert.equal(loadConfig({ STEADFAST_LOG: level }).logLevel, level || 'info');
  assert.throws(() => loadConfig({ STEADFAST_LOG: 'loud' }), {
    message: `STEADFAST_LOG is "loud"; expected one of ${LEVELS.join(', ')}`,
  });
});

const samplers = (text: string) => loadConfig({ STEADFAST_SAMPLER_URLS: text }).samplerUrls;

test('samplers are URLs that commas part, and what is none is named', () => {
  assert.deepEqual(samplers('http://a:1/v1/, https://b/v1'), ['http://a:1/v1', 'https://b/v1']);
  assert.deepEqual(loadConfig({}).samplerUrls, []);
  assert.throws(
    () => samplers('gpu-1:8000'),
    /STEADFAST_SAMPLER_URLS is "gpu-1:8000"; expected a URL that begins/,
  );
});

test('ART is named by an address, a key and a place at W&B', () => {
  const nothing = { baseUrl: null, apiKey: null, entity: null, project: 'steadfast' };
  assert.deepEqual(loadConfig({}).art, nothing);
  const set = { WANDB_API_KEY: 'k', WANDB_ENTITY: 'us', WANDB_PROJECT: 'swe' };
  assert.deepEqual(loadConfig({ ...set, ART_BASE_URL: 'http://gpu:7999/' }).art, {
    baseUrl: 'http://gpu:7999',
    apiKey: 'k',
    entity: 'us',
    project: 'swe',
  });
  assert.throws(() => loadConfig({ ART_BASE_URL: 'gpu:7999' }), {
    message: 'ART_BASE_URL is "gpu:7999"; expected a URL that begins with http:// or https://',
  });
});

test('a Tinker server is named by its address, which is a URL', () => {
  assert.deepEqual(loadConfig({}).tinker, { baseUrl: null, apiKey: null });
  assert.deepEqual(loadConfig({ TINKER_BASE_URL: 'http://gpu:8000/', TINKER_API_KEY: 'tml-1' }).tinker, {
    baseUrl: 'http://gpu:8000',
    apiKey: 'tml-1',
  });
  assert.throws(() => loadConfig({ TINKER_BASE_URL: 'gpu:8000' }), {
    message: 'TINKER_BASE_URL is "gpu:8000"; expected a URL that begins with http:// or https://',
  });
});
