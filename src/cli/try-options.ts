import type { ArgsDef } from 'citty';
import { MODE_DEFAULTS } from '../schemas/run-config-fields.ts';
import { SHIPPED } from './package-files.ts';
import { runOptions, TRAINING_OPTIONS } from './run-options.ts';

/** Options that mean nothing for a single instance that is not trained on. */
const NOT_HERE = [...TRAINING_OPTIONS, 'num-instances', 'shuffle', 'run'];

/** The options of `steadfast try`, told with the defaults that hold there; the temperature's is the command's own. */
export function tryOptions(temperature: number): ArgsDef {
  const told = runOptions({
    data: { default: `the package's ${SHIPPED.data}` },
    model: {
      description: 'Model name on the endpoint; on the policy server a local folder or a Hugging Face name',
      default: `the package's ${SHIPPED.policy}`,
    },
    api_base: {
      description:
        'Base URL of an OpenAI-compatible endpoint (default: as in steadfast run where a model is named, else the embedded policy server)',
    },
    quality_filter: { default: false },
    temperature: { description: 'Sampling temperature', default: temperature },
    reward_power: {
      description: 'Power of the progress term of the reward',
      default: MODE_DEFAULTS.reward_power.inference,
    },
  });
  const options = Object.entries(told).filter(([name]) => !NOT_HERE.includes(name));
  return {
    instance: {
      type: 'string',
      valueHint: 'id',
      description: 'Instance to run (default: the first of the data)',
    },
    config: { type: 'string', valueHint: 'file', description: 'JSON config; explicit options go over it' },
    ...Object.fromEntries(options),
  };
}
