import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readFileSync } from 'node:fs';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { defaultApiBase } from '../../../src/schemas/run-config-endpoint.ts';
import { runConfigJsonSchema, runConfigSchema } from '../../../src/schemas/run-config-schema.ts';
import { findRunConfigProblems, parseRunConfig } from '../../../src/schemas/run-config.ts';

const CONTEXT = { workflowId: 'night:1', machineConcurrency: 3 };
const LEAST = { model: 'm', data: '/d.jsonl' };

describe('parseRunConfig', () => {
  it('fills the defaults of inference', () => {
    const config = parseRunConfig(LEAST, CONTEXT);
    assert.deepEqual(
      [config.mode, config.batchSize, config.rolloutsPerInstance, config.epochs, config.concurrency],
      ['inference', 4, 4, 1, 3],
    );
    assert.deepEqual([config.agent.temperature, config.rewardPower], [0, 1]);
    const { maxSteps, timeLimitSeconds, maxTokens } = config.agent;
    assert.deepEqual([maxSteps, timeLimitSeconds, maxTokens], [30, 3600, 4096]);
    assert.deepEqual([config.agent.commandTimeoutSeconds, config.agent.outputLimitCharacters], [60, 10_000]);
    assert.deepEqual([config.qualityFilter, config.requireNonZeroTests], [true, true]);
    assert.deepEqual([config.numInstances, config.evaluation, config.apiBase], [null, null, null]);
    assert.equal(config.run, 'night-1');
  });

  it('fills the defaults of training', () => {
    const { agent, rewardPower, training } = parseRunConfig({ ...LEAST, mode: 'train' }, CONTEXT);
    assert.deepEqual([agent.temperature, rewardPower], [1, 1.33]);
    assert.deepEqual(training, {
      learningRate: 5e-5,
      loraRank: 32,
      loss: 'dapo',
      importance: 'token',
      clipLow: 0.2,
      clipHigh: 0.28,
      klCoefficient: 0,
      advantage: 'mean',
      maxStaleness: 0,
      stalenessBound: null,
    });
  });

  it('takes the endpoint of the surroundings for inference only, and null for the embedded server', () => {
    const context = { ...CONTEXT, apiBase: 'http://e/v1' };
    assert.equal(parseRunConfig(LEAST, context).apiBase, 'http://e/v1');
    assert.equal(parseRunConfig({ ...LEAST, api_base: null }, context).apiBase, null);
    assert.equal(parseRunConfig({ ...LEAST, mode: 'train' }, context).apiBase, null);
  });

  it('names every problem in one Config.Invalid', () => {
    assert.throws(
      () => parseRunConfig({ batchsize: 3, epochs: 'x', data: '' }, CONTEXT),
      (error) => {
        assert.ok(error instanceof SteadfastError);
        assert.equal(error.type, 'Config.Invalid');
        assert.match(error.message, /4 problems/);
        for (const part of ['did you mean batch_size?', 'model is missing', 'epochs is "x"', 'data is ""']) {
          assert.ok(error.message.includes(part), `${part} in ${error.message}`);
        }
        return true;
      },
    );
  });

  const bad: [string, Record<string, unknown>, RegExp][] = [
    ['no object of mode', { mode: 'eval' }, /^mode is "eval"; expected one of inference, train$/],
    ['a number in text', { batch_size: '4' }, /^batch_size is "4"; expected an integer from 1 to 4096$/],
    [
      'none of the instances',
      { num_instances: 0 },
      /^num_instances is 0; expected an integer of at least 1 or null$/,
    ],
    [
      'a context that one reply may fill',
      { context_tokens: 4096 },
      /^context_tokens is 4096 with max_tokens 4096; expected more than max_tokens/,
    ],
    ['half an epoch', { epochs: 1.5 }, /^epochs is 1.5; expected an integer/],
    ['no learning rate', { learning_rate: 0 }, /^learning_rate is 0; expected a number above 0/],
    ['an unknown loss', { loss: 'ppo' }, /one of dapo, grpo, dr_grpo/],
    ['a text for a switch', { quality_filter: 'no' }, /^quality_filter is "no"; expected true or false$/],
    [
      'no URL',
      { api_base: 'localhost:8000' },
      /^api_base is "localhost:8000"; expected a URL that begins with http/,
    ],
    ['a run that leaves its folder', { run: '../x' }, /^run is "..\/x"; expected a name/],
    ['a run that is not the workflow', { run: 'other' }, /expected the two to be equal/],
    ['an unknown field', { learning_rat: 1 }, /^learning_rat is 1, but there is no field .*learning_rate\?$/],
    ['a field like no other', { zzzzzzzz: 1 }, /the fields are mode, model/],
    ['a group at temperature 0', { mode: 'train', temperature: 0 }, /all rollouts of a group are the same/],
    [
      'a group of one in train mode',
      { mode: 'train', rollouts_per_instance: 1 },
      /^rollouts_per_instance is 1 in train mode; expected at least 2, because advantages compare the rollouts/,
    ],
    ['no system prompt', { system_prompt: null }, /^system_prompt is null; expected a text$/],
    [
      'an unknown policy for a finding',
      { findings: { host_probed: 'drop' } },
      /^findings.host_probed is "drop"; expected one of mask, penalise, keep$/,
    ],
    [
      'an unknown finding',
      { findings: { nope: 'mask' } },
      /^findings.nope is "mask", but there is no field nope; the fields are forged_results, .*, empty_patch_passes$/,
    ],
    ['a misspelt finding', { findings: { host_probd: 'mask' } }, /did you mean host_probed\?$/],
    [
      'a list of findings',
      { findings: [] },
      /^findings is \[\]; expected an object with forged_results, .*, empty_patch_passes$/,
    ],
    [
      'an endpoint in train mode',
      { mode: 'train', api_base: 'http://e/v1' },
      /sampled from the policy server/,
    ],
    ['an evaluation without sets', { mode: 'train', evaluation: { sets: [] } }, /^evaluation.sets is \[\]/],
    [
      'a bad set',
      { mode: 'train', evaluation: { sets: [{ name: 'a', path: 'b' }] } },
      /^evaluation.sets\[0\].data is missing/,
    ],
    [
      'a set twice',
      {
        mode: 'train',
        evaluation: {
          sets: [
            { name: 'a', data: 'b' },
            { name: 'a', data: 'c' },
          ],
        },
      },
      /two sets named "a"/,
    ],
    [
      'an evaluation of inference',
      { evaluation: { sets: [{ name: 'a', data: 'b' }] } },
      /expected it in train mode only/,
    ],
    [
      'an unknown placeholder',
      { instance_prompt_template: '{issue}' },
      /^instance_prompt_template: \{issue\}/,
    ],
  ];
  for (const [what, fields, expected] of bad) {
    it(`refuses ${what}`, () => {
      const problems = findRunConfigProblems({ ...LEAST, ...fields }, CONTEXT);
      assert.ok(
        problems.some((problem) => expected.test(problem)),
        problems.join('\n'),
      );
    });
  }

  for (const input of [null, [], 'text', 3]) {
    it(`refuses ${JSON.stringify(input)} for an object`, () => {
      assert.match(findRunConfigProblems(input, CONTEXT).join('\n'), /expected a JSON object/);
    });
  }

  it('lets a group of inference be greedy, or of one', () => {
    for (const rollouts_per_instance of [8, 1]) {
      assert.deepEqual(findRunConfigProblems({ ...LEAST, rollouts_per_instance }, CONTEXT), []);
    }
  });

  it('blames a group of one for its size alone', () => {
    const one = { ...LEAST, mode: 'train', temperature: 0, rollouts_per_instance: 1 };
    assert.equal(findRunConfigProblems(one, CONTEXT).length, 1);
    const unread = findRunConfigProblems({ ...one, rollouts_per_instance: 'one' }, CONTEXT);
    assert.deepEqual(unread, ['rollouts_per_instance is "one"; expected an integer from 1 to 256']);
  });

  for (const name of ['run', 'small-model']) {
    it(`accepts ${name}.json, which ships`, () => {
      const file = new URL(`../../../examples/${name}.json`, import.meta.url);
      const shipped: unknown = JSON.parse(readFileSync(file, 'utf8'));
      assert.deepEqual(findRunConfigProblems(shipped, CONTEXT), []);
    });
  }
});

describe('the JSON Schema', () => {
  it('describes every field and refuses others', () => {
    const schema = runConfigJsonSchema() as {
      properties: Record<string, { description?: string }>;
      additionalProperties: boolean;
      required: string[];
    };
    assert.deepEqual(Object.keys(schema.properties), Object.keys(runConfigSchema.shape));
    for (const [name, field] of Object.entries(schema.properties)) assert.ok(field.description, name);
    assert.deepEqual([schema.additionalProperties, schema.required], [false, ['model', 'data']]);
  });

  it('says where inference samples, when a rollout ends, and what an evaluation takes', () => {
    const text = JSON.stringify(runConfigJsonSchema());
    for (const part of [
      "else OpenAI's own where OPENAI_API_KEY is a real key, else the embedded policy server",
      'Seconds that the model calls and commands of a rollout may take together',
      'a file, a folder or a data set of the hub, taken whole',
    ])
      assert.ok(text.includes(part), part);
  });
});

describe('defaultApiBase', () => {
  const cases: [string | null, string | null, string | null][] = [
    [null, null, null],
    ['default', null, null],
    ['sk-1', null, 'https://api.openai.com/v1'],
    ['default', 'http://localhost:8000/v1', 'http://localhost:8000/v1'],
    ['', '', null],
  ];
  for (const [openaiApiKey, openaiBaseUrl, expected] of cases) {
    it(`is ${expected} for the key ${openaiApiKey} and the URL ${openaiBaseUrl}`, () => {
      assert.equal(defaultApiBase({ openaiApiKey, openaiBaseUrl }), expected);
    });
  }
});
