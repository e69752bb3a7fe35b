import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runConfigJsonSchema } from '../../../src/schemas/run-config-schema.ts';
import { TRAIN_ONLY } from '../../../src/schemas/run-config-training.ts';
import { findRunConfigProblems, parseRunConfig } from '../../../src/schemas/run-config.ts';

const CONTEXT = { workflowId: 'night:1', machineConcurrency: 3 };
const LEAST = { model: 'm', data: '/d.jsonl' };

describe('the config of training', () => {
  const bad: [string, Record<string, unknown>, RegExp][] = [
    [
      'a start that is no version',
      { mode: 'train', start_from: 'night' },
      /expected a policy version of a run, as night@12/,
    ],
    [
      'a start of inference',
      { start_from: 'night@3' },
      /^start_from is "night@3" in inference mode; expected it in train/,
    ],
    [
      'a learning rate of inference',
      { learning_rate: 1e-4 },
      /^learning_rate is 0.0001 in inference mode; expected it in train mode only$/,
    ],
    [
      'an evaluation around no training',
      { evaluation: { sets: [{ name: 'a', data: '/e.jsonl' }] } },
      /^evaluation is set in inference mode; expected it in train mode only$/,
    ],
    [
      'a clip of what a weight cuts off',
      { mode: 'train', max_staleness: 4, clip_high: 0.1 },
      /^clip_high is 0.1 with staleness_bound 2; expected one of the two/,
    ],
    [
      'every nth of all checkpoints',
      { mode: 'train', keep_every: 5 },
      /^keep_every is 5 without keep_newest; expected both/,
    ],
    [
      'the best of all checkpoints',
      { mode: 'train', keep_best: 1 },
      /^keep_best is 1 without keep_newest; expected both/,
    ],
    [
      'a curriculum of inference',
      { curriculum: true },
      /^curriculum is true in inference mode; expected it in train mode only/,
    ],
    [
      'a curriculum of one epoch',
      { mode: 'train', curriculum: true },
      /^curriculum is true with epochs 1; expected at least 2/,
    ],
    [
      'the target of no curriculum',
      { mode: 'train', curriculum_target: 0.5 },
      /^curriculum_target is 0.5 without curriculum; expected both/,
    ],
    [
      'a target that nothing can miss',
      { mode: 'train', curriculum: true, epochs: 2, curriculum_target: 1 },
      /^curriculum_target is 1; expected a number above 0 and below 1/,
    ],
    [
      'over-sampling in inference',
      { oversample: 2 },
      /^oversample is 2 in inference mode; expected it in train mode only/,
    ],
    [
      'batches that could get too large',
      { mode: 'train', oversample: 8, batch_size: 1024 },
      /^oversample is 8 with batch_size 1024; expected a batch of at most 4096 groups/,
    ],
    [
      'a ratio that is clipped below nothing',
      { mode: 'train', clip_low: 1 },
      /^clip_low is 1; expected a number of at least 0 and below 1/,
    ],
    [
      'batches that cannot grow',
      { mode: 'train', oversample: 1.1, batch_size: 4 },
      /^oversample is 1.1 with batch_size 4; expected 1, or enough for one more group: at least 1.25/,
    ],
    [
      'batches that get smaller',
      { mode: 'train', oversample: 0.5 },
      /^oversample is 0.5; expected a number from 1 to 8/,
    ],
  ];
  for (const [what, fields, message] of bad) {
    it(`is refused for ${what}`, () => {
      const [problem = ''] = findRunConfigProblems({ ...LEAST, ...fields }, CONTEXT);
      assert.match(problem, message);
    });
  }

  it('may be spelt out in inference mode, as it is by default', () => {
    const spelt = {
      batch_size: 4,
      learning_rate: 5e-5,
      curriculum: false,
      start_from: null,
      advantage: 'std',
    };
    assert.deepEqual(findRunConfigProblems({ ...LEAST, ...spelt }, CONTEXT), []);
  });

  it('clips where no weight does', () => {
    const clipped = { ...LEAST, mode: 'train', clip_high: 0.1 };
    assert.deepEqual(findRunConfigProblems(clipped, CONTEXT), []);
    assert.deepEqual(
      findRunConfigProblems({ ...clipped, max_staleness: 4, staleness_bound: null }, CONTEXT),
      [],
    );
  });

  it('lets a batch have as many groups as an epoch holds between two steps', () => {
    for (const fields of [{ batch_size: 4096 }, { batch_size: 512, oversample: 8 }])
      assert.deepEqual(findRunConfigProblems({ ...LEAST, mode: 'train', ...fields }, CONTEXT), []);
  });

  it('keeps all checkpoints, waits for each step and corrects nothing unless told', () => {
    const { keep, startFrom, training } = parseRunConfig({ ...LEAST, mode: 'train' }, CONTEXT);
    assert.deepEqual(keep, { newest: null, every: null, best: 1 });
    assert.deepEqual([startFrom, training.maxStaleness, training.stalenessBound], [null, 0, null]);
  });

  it('takes every instance unless told, and chooses by a target of half of the rollouts', () => {
    const config = { ...LEAST, mode: 'train', epochs: 3 };
    const plain = parseRunConfig(config, CONTEXT);
    assert.deepEqual([plain.oversample, plain.curriculum], [1, null]);
    const { curriculum } = parseRunConfig({ ...config, curriculum: true, curriculum_rest: 4 }, CONTEXT);
    assert.deepEqual(curriculum, { target: 0.5, maxRest: 4 });
  });

  it('asks no more of a trainer than it can do', () => {
    const behind = { ...LEAST, mode: 'train', trainer: 'tinker' };
    const { trainer } = parseRunConfig(behind, CONTEXT);
    assert.equal(trainer, 'tinker');
    assert.equal(parseRunConfig(LEAST, CONTEXT).trainer, 'embedded');
    parseRunConfig(
      { ...behind, loss: 'grpo', clip_low: 0.1, max_staleness: 4, staleness_bound: null },
      CONTEXT,
    );
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ importance: 'sequence' }, /importance is "sequence" with trainer tinker; expected token/],
      [{ kl_coefficient: 0.1 }, /kl_coefficient is 0.1 with trainer tinker; expected 0/],
      [{ max_staleness: 4 }, /staleness_bound is 2 with trainer tinker; expected null/],
      [{ temperature: 0.7 }, /temperature is 0.7 with trainer tinker; expected 1/],
      [{ start_from: 'night@3' }, /start_from is "night@3" with trainer tinker; expected none/],
      [{ trainer: 'verl' }, /trainer is "verl"; expected one of embedded, tinker, art, art-local/],
    ];
    for (const [change, message] of cases) {
      assert.throws(() => parseRunConfig({ ...behind, ...change }, CONTEXT), message);
      parseRunConfig({ ...behind, ...change, trainer: 'embedded' }, CONTEXT);
    }
  });

  it('corrects for staleness where there is some, unless told otherwise', () => {
    const stale = { ...LEAST, mode: 'train', max_staleness: 4 };
    assert.equal(parseRunConfig(stale, CONTEXT).training.stalenessBound, 2);
    assert.equal(parseRunConfig({ ...stale, staleness_bound: null }, CONTEXT).training.stalenessBound, null);
  });

  it('asks ART for what it computes itself, and its local server for less', () => {
    const art = { ...LEAST, mode: 'train', trainer: 'art', loss: 'grpo' };
    parseRunConfig({ ...art, advantage: 'std', importance: 'sequence', clip_high: 0.3 }, CONTEXT);
    parseRunConfig({ ...art, max_staleness: 2, staleness_bound: null, keep_newest: 3 }, CONTEXT);
    const local = { ...art, trainer: 'art-local' };
    parseRunConfig(local, CONTEXT);
    const both: [Record<string, unknown>, RegExp][] = [
      [{ loss: 'dapo' }, /loss is "dapo" with trainer art(-local)?; expected grpo/],
      [{ advantage: 'leave-one-out' }, /advantage is "leave-one-out" .*expected one of mean, std/],
      [{ advantage: 'shuffled' }, /advantage is "shuffled" .*expected one of mean, std/],
      [{ kl_coefficient: 0.1 }, /kl_coefficient is 0.1 .*expected 0/],
      [{ lora_rank: 16 }, /lora_rank is 16 .*expected none/],
      [{ temperature: 0.7 }, /temperature is 0.7 .*expected 1/],
      [{ start_from: 'night@3' }, /start_from is "night@3" .*expected none/],
    ];
    for (const [change, message] of both) {
      for (const base of [art, local])
        assert.throws(() => parseRunConfig({ ...base, ...change }, CONTEXT), message);
    }
    assert.throws(
      () => parseRunConfig({ ...art, max_staleness: 2 }, CONTEXT),
      /staleness_bound is 2 with trainer art; expected null/,
    );
    const alone: [Record<string, unknown>, RegExp][] = [
      [{ max_staleness: 1, staleness_bound: null }, /max_staleness is 1 with trainer art-local; expected 0/],
      [{ keep_newest: 3 }, /keep_newest is 3 with trainer art-local; expected none/],
      [{ context_tokens: 8000 }, /context_tokens is 8000 with trainer art-local; expected null/],
    ];
    for (const [change, message] of alone) {
      assert.throws(() => parseRunConfig({ ...local, ...change }, CONTEXT), message);
      parseRunConfig({ ...art, ...change }, CONTEXT);
    }
  });

  it('explains the tools in the system prompt, by the protocol', () => {
    const calls = parseRunConfig(LEAST, CONTEXT).agent.systemPrompt;
    const text = parseRunConfig({ ...LEAST, tool_protocol: 'text' }, CONTEXT).agent.systemPrompt;
    assert.match(calls, /str_replace_editor/);
    assert.match(text, /```bash\n/);
    assert.equal(
      parseRunConfig({ ...LEAST, tool_protocol: 'text', system_prompt: '' }, CONTEXT).agent.systemPrompt,
      '',
    );
  });

  it('says of each field that only training reads that it is for train mode', () => {
    const { properties } = runConfigJsonSchema() as { properties: Record<string, { description: string }> };
    const trains = Object.keys(properties).filter((name) =>
      properties[name]?.description.endsWith('(train mode)'),
    );
    assert.deepEqual(new Set([...trains, 'evaluation']), new Set(TRAIN_ONLY));
  });
});
