import { batchRule } from '../domain/batches.ts';
import { unsupportedOptions } from '../domain/trainer-capabilities.ts';
import { defaultStalenessBound, MODE_DEFAULTS } from './run-config-fields.ts';
import type { Values } from './run-config-checks.ts';
import type { FieldSchema } from './run-config-expectation.ts';
import { runConfigJsonSchema } from './run-config-schema.ts';
import { TRAIN_ONLY } from './run-config-training.ts';

/** Groups that one batch may have: an epoch's history holds no more between two steps. */
const BATCH_GROUPS = 4096;

/** Checks what the fields of training mean together, in either mode; `given` are those that the input names. */
export function checkTraining(values: Values, given: ReadonlySet<string>): string[] {
  if (values.mode === 'inference') return trainedByInference(values, given);
  if (values.mode !== 'train') return [];
  return [
    ...rolloutsOf(values),
    ...batchesOf(values),
    ...curriculumOf(values, given),
    ...clippedOf(values, given),
    ...beyondTrainer(values, given),
    ...kept(values, given),
  ];
}

/** A field that says what it says by default asks for nothing: a config may spell all of them out. */
function trainedByInference(values: Values, given: ReadonlySet<string>): string[] {
  return changed(TRAIN_ONLY, values, given).map(([name, value]) => {
    const instead = name === 'start_from' ? ' (sample a policy version with model)' : '';
    return `${name} is ${shown(value)} in inference mode; expected it in train mode only${instead}`;
  });
}

/** Those of the named fields that the input gives, and not as they are by default. */
function changed(
  names: readonly string[],
  values: Values,
  given: ReadonlySet<string>,
): (readonly [string, unknown])[] {
  const { properties = {} }: FieldSchema = runConfigJsonSchema();
  return names
    .filter((name) => given.has(name))
    .map((name): readonly [string, unknown] => [name, Reflect.get(values, name)])
    .filter(([name, value]) => value !== undefined && value !== (properties[name]?.default ?? null));
}

function shown(value: unknown): string {
  return typeof value === 'object' ? 'set' : JSON.stringify(value);
}

function rolloutsOf(values: Values): string[] {
  const problems: string[] = [];
  const temperature = values.temperature ?? MODE_DEFAULTS.temperature.train;
  const group = values.rollouts_per_instance;
  if (group === 1) {
    problems.push(
      'rollouts_per_instance is 1 in train mode; expected at least 2, because advantages compare the rollouts of a group',
    );
  }
  if (temperature === 0 && group !== undefined && group > 1 && 'temperature' in values) {
    problems.push(
      `temperature is 0 with rollouts_per_instance ${group} in train mode; expected a temperature above 0, ` +
        `because at 0 all rollouts of a group are the same and teach nothing`,
    );
  }
  if (typeof values.api_base === 'string') {
    problems.push(
      `api_base is ${JSON.stringify(values.api_base)} in train mode; expected none, because the policy that is trained ` +
        `is sampled from the policy server (use it with mode inference)`,
    );
  }
  return problems;
}

function batchesOf({ oversample = 1, batch_size: size }: Values): string[] {
  if (size === undefined) return [];
  const found = `oversample is ${oversample} with batch_size ${size}`;
  const { most } = batchRule(size, oversample);
  if (most > BATCH_GROUPS) {
    return [
      `${found}; expected a batch of at most ${BATCH_GROUPS} groups, which oversample times batch_size may come to`,
    ];
  }
  if (oversample === 1 || most > size) return [];
  return [
    `${found}; expected 1, or enough for one more group: at least ${Math.ceil((100 * (size + 1)) / size) / 100}`,
  ];
}

function curriculumOf({ curriculum, epochs, ...values }: Values, given: ReadonlySet<string>): string[] {
  if (curriculum === true && epochs === 1) {
    return [
      'curriculum is true with epochs 1; expected at least 2, because it chooses by what earlier epochs came to',
    ];
  }
  if (curriculum !== false) return [];
  return (['curriculum_target', 'curriculum_rest'] as const)
    .filter((name) => given.has(name) && values[name] !== undefined)
    .map(
      (name) =>
        `${name} is ${values[name]} without curriculum; expected both, because an epoch takes every instance otherwise`,
    );
}

/** The ratio of a step to the policy that it begins with is 1, where another weight tells how old a sample is. */
function clippedOf(values: Values, given: ReadonlySet<string>): string[] {
  const bound = stalenessBoundOf(values);
  if (bound === null) return [];
  return changed(['clip_low', 'clip_high'], values, given).map(
    ([name, value]) =>
      `${name} is ${shown(value)} with staleness_bound ${bound}; expected one of the two, ` +
      'because a ratio beyond staleness_bound is cut off there and nothing is left to clip',
  );
}

function stalenessBoundOf({ max_staleness: steps = 0, staleness_bound: bound }: Values): number | null {
  return bound === undefined ? defaultStalenessBound(steps) : bound;
}

/** Where all checkpoints are kept, no rule keeps any more of them. */
function kept({ keep_newest, keep_every, keep_best }: Values, given: ReadonlySet<string>): string[] {
  if (keep_newest) return [];
  const rules = { keep_every, keep_best: given.has('keep_best') ? keep_best : null };
  return Object.entries(rules).flatMap(([name, value]) =>
    value
      ? [`${name} is ${value} without keep_newest; expected both, because all checkpoints are kept otherwise`]
      : [],
  );
}

/** What the run's trainer cannot honour. */
function beyondTrainer(values: Values, given: ReadonlySet<string>): string[] {
  const { temperature = MODE_DEFAULTS.temperature.train } = values;
  const { trainer, max_staleness: maxStaleness = 0 } = values;
  if (trainer === undefined) return [];
  return unsupportedOptions(trainer, {
    loss: values.loss,
    importance: values.importance,
    advantage: values.advantage,
    klCoefficient: values.kl_coefficient,
    maxStaleness,
    stalenessBound: stalenessBoundOf(values),
    temperature,
    loraRank: given.has('lora_rank') ? values.lora_rank : undefined,
    startFrom: values.start_from,
    keepNewest: values.keep_newest,
    contextTokens: values.context_tokens,
  });
}
