import { defineCommand } from 'citty';
import { MODE_DEFAULTS } from '../../schemas/run-config-fields.ts';
import { strictOptions } from '../strict-options.ts';
import { tryInstance } from '../try-instance.ts';
import { tryOptions } from '../try-options.ts';

// One rollout has no siblings to be compared with.
const {
  'rollouts-per-instance': _,
  advantage: __,
  ...args
} = tryOptions(MODE_DEFAULTS.temperature.inference);

/** `steadfast try`: one rollout of one instance. */
export const tryOneCommand = defineCommand({
  meta: {
    name: 'one',
    description:
      'Run a single instance and print the conversation as it happens (steadfast try group: a group)',
  },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    await tryInstance(given, { rollouts_per_instance: 1 });
  },
});
