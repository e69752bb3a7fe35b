import { batchRule } from '../domain/batches.ts';
import { unsupportedOptions } from '../domain/trainer-capabilities.ts';
import { defaultStalenessBound, MODE_DEFAULTS } from './run-config-fields.ts';
import type { Values } from './run-config-checks.ts';

/** Groups that one batch may have: an epoch's history holds no more between two steps. */
const BATCH_GROUPS = 4096;

/** Checks what the fields of training mean together, in either mode; `given` are those that the input names. */
export function checkTraining(values: Values, given: ReadonlySet<string>): string[] {
  if (values.mode === 'inference') return trainedByInference(values);
  if (values.mode !== 'train') return [];
  return [
    ...rolloutsOf(values),
    ...batchesOf(values),
    ...curriculumOf(values, given),
    ...beyondTrainer(values, given),
    ...kept(values, given),
  ];
}

function trainedByInference(values: Values): string[] {
  const problems: string[] = [];
  if (typeof values.start_from === 'string') {
    problems.push(
      `start_from is ${JSON.stringify(values.start_from)} in inference mode; expected it in train mode only (sample a policy version with model)`,
    );
  }
  if (values.evaluation) {
    problems.push(
      'evaluation is set in inference mode; expected it in train mode only, where there is a before and an after',
    );
  }
  if (values.curriculum === true) {
    problems.push(
      'curriculum is true in inference mode; expected it in train mode only, where an instance is there to teach',
    );
  }
  if ((values.oversample ?? 1) > 1) {
    problems.push(
      `oversample is ${values.oversample} in inference mode; expected it in train mode only, where batches are trained on`,
    );
  }
  return problems;
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
  const { staleness_bound: stalenessBound = defaultStalenessBound(maxStaleness) } = values;
  return unsupportedOptions(trainer, {
    loss: values.loss,
    importance: values.importance,
    advantage: values.advantage,
    klCoefficient: values.kl_coefficient,
    maxStaleness,
    stalenessBound,
    temperature,
    loraRank: given.has('lora_rank') ? values.lora_rank : undefined,
    startFrom: values.start_from,
    keepNewest: values.keep_newest,
    contextTokens: values.context_tokens,
  });
}
