import type { ArgsDef } from 'citty';
import { MODE_DEFAULTS } from '../schemas/run-config-fields.ts';
import { inputOfOptions, runOptions, TRAINING_OPTIONS } from './run-options.ts';

/** `--name` stands for `run`; advantages are of training. */
const NOT_HERE = [...TRAINING_OPTIONS, 'advantage', 'run'];

/** Several rollouts at temperature 0 would all be the same. */
const { inference: ALONE, train: AMONG_OTHERS } = MODE_DEFAULTS.temperature;

/** The options of an evaluation that is to be made, told with the defaults that hold there. */
export function evalOptions(): ArgsDef {
  const told = runOptions({
    model: {
      description:
        'Model name on the endpoint; on the policy server a policy version (RUN@STEP), a local folder or a Hugging Face name',
    },
    quality_filter: { default: false },
    temperature: {
      description: `Sampling temperature (default: ${ALONE} for one rollout an instance, else ${AMONG_OTHERS})`,
    },
    reward_power: {
      description: 'Power of the progress term of the reward',
      default: MODE_DEFAULTS.reward_power.inference,
    },
  });
  return {
    config: { type: 'string', valueHint: 'file', description: 'JSON config; explicit options go over it' },
    name: {
      type: 'string',
      valueHint: 'text',
      description: 'Name of the run (default: one that no run had)',
    },
    ...Object.fromEntries(Object.entries(told).filter(([name]) => !NOT_HERE.includes(name))),
  };
}

/** The config of the run that an evaluation makes, `made` being what the options say of inference. */
export function evalInput(made: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const alone = made['rollouts_per_instance'] === 1;
  return {
    quality_filter: false,
    temperature: alone ? ALONE : AMONG_OTHERS,
    ...made,
    epochs: 1,
  };
}

/** Whether anything beside the name of a run that was made says what is to be run. */
export function describesARun(given: Readonly<Record<string, unknown>>): boolean {
  const { run: _, ...args } = given;
  const own = args['config'] !== undefined || args['name'] !== undefined;
  return own || Object.keys(inputOfOptions(args)).length > 0;
}
