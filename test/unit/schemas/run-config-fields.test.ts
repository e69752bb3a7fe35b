import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FINDING_POLICIES } from '../../../src/domain/findings.ts';
import { WHOLE_DATA } from '../../../src/domain/run-config.ts';
import { runConfigSchema } from '../../../src/schemas/run-config-schema.ts';
import { parseRunConfig } from '../../../src/schemas/run-config.ts';

const CONTEXT = { workflowId: 'night:1', machineConcurrency: 3 };

test('every field of a config is carried to where it is read', () => {
  const given = {
    mode: 'train',
    model: 'm',
    data: '/d.jsonl',
    split: 'dev',
    revision: 'main',
    where: 'repo == "a/b"',
    sample: 11,
    num_instances: 7,
    shuffle: true,
    seed: 5,
    batch_size: 2,
    rollouts_per_instance: 3,
    epochs: 6,
    trainer: 'embedded',
    oversample: 2,
    curriculum: true,
    curriculum_target: 0.4,
    curriculum_rest: 9,
    learning_rate: 0.001,
    lora_rank: 16,
    loss: 'grpo',
    importance: 'sequence',
    clip_low: 0.1,
    clip_high: 0.3,
    kl_coefficient: 0.05,
    advantage: 'std',
    max_staleness: 3,
    staleness_bound: null,
    start_from: 'day@12',
    keep_newest: 8,
    keep_every: 10,
    keep_best: 13,
    reward_power: 1.5,
    quality_filter: false,
    flake_chance: 0.03,
    require_non_zero_tests: false,
    max_steps: 14,
    time_limit_seconds: 15,
    temperature: 0.7,
    max_tokens: 17,
    context_tokens: 2000,
    tool_protocol: 'text',
    system_prompt: 'Mend it.',
    instance_prompt_template: 'Mend {problem_statement}',
    command_timeout_seconds: 18,
    model_timeout_seconds: 19,
    output_limit_characters: 200,
    sandbox: 'docker',
    hide_tests: true,
    findings: { host_probed: 'keep', network_tried: 'penalise' },
    verify_share: 0.21,
    concurrency: 22,
    heartbeat_seconds: 23,
    max_failed_share: 0.24,
    run: 'night-1',
    evaluation: { sets: [{ name: 'held out', data: 'h.jsonl' }], rollouts_per_instance: 25 },
  };
  const rest = Object.keys(runConfigSchema.shape).filter((name) => !(name in given));
  assert.deepEqual(rest, ['api_base'], 'which is not for training');
  assert.deepEqual(parseRunConfig(given, CONTEXT), {
    run: 'night-1',
    mode: 'train',
    data: '/d.jsonl',
    selection: { split: 'dev', revision: 'main', where: 'repo == "a/b"', sample: 11 },
    model: 'm',
    apiBase: null,
    numInstances: 7,
    shuffle: true,
    seed: 5,
    trainer: 'embedded',
    batchSize: 2,
    rolloutsPerInstance: 3,
    epochs: 6,
    oversample: 2,
    curriculum: { target: 0.4, maxRest: 9 },
    rewardPower: 1.5,
    qualityFilter: false,
    flakeChance: 0.03,
    requireNonZeroTests: false,
    sandbox: 'docker',
    hideTests: true,
    findings: { ...FINDING_POLICIES, host_probed: 'keep', network_tried: 'penalise' },
    verifyShare: 0.21,
    concurrency: 22,
    heartbeatSeconds: 23,
    maxFailedShare: 0.24,
    agent: {
      maxSteps: 14,
      timeLimitSeconds: 15,
      temperature: 0.7,
      maxTokens: 17,
      contextTokens: 2000,
      toolProtocol: 'text',
      systemPrompt: 'Mend it.',
      instancePromptTemplate: 'Mend {problem_statement}',
      commandTimeoutSeconds: 18,
      modelTimeoutSeconds: 19,
      outputLimitCharacters: 200,
    },
    training: {
      learningRate: 0.001,
      loraRank: 16,
      loss: 'grpo',
      importance: 'sequence',
      clipLow: 0.1,
      clipHigh: 0.3,
      klCoefficient: 0.05,
      advantage: 'std',
      maxStaleness: 3,
      stalenessBound: null,
    },
    startFrom: 'day@12',
    keep: { newest: 8, every: 10, best: 13 },
    evaluation: { sets: [{ name: 'held out', data: 'h.jsonl' }], rolloutsPerInstance: 25 },
  });
  const weighted = { ...given, clip_low: 0.2, clip_high: 0.28, staleness_bound: 4 };
  assert.equal(parseRunConfig(weighted, CONTEXT).training.stalenessBound, 4);
});

test('what a config does not say of grading, data and patience is what it always was', () => {
  const config = parseRunConfig({ model: 'm', data: '/d.jsonl' }, CONTEXT);
  assert.deepEqual([config.selection, config.shuffle, config.seed], [WHOLE_DATA, false, 0]);
  assert.deepEqual([config.sandbox, config.hideTests, config.findings], ['auto', false, FINDING_POLICIES]);
  assert.deepEqual([config.verifyShare, config.flakeChance], [0.02, 0.01]);
  assert.deepEqual([config.heartbeatSeconds, config.maxFailedShare], [10, 0.05]);
  const { contextTokens, toolProtocol, modelTimeoutSeconds } = config.agent;
  assert.deepEqual([contextTokens, toolProtocol, modelTimeoutSeconds], [null, 'calls', 590]);
});
