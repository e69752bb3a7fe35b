import { defineCommand } from 'citty';
import { MODE_DEFAULTS } from '../../schemas/run-config-schema.ts';
import { strictOptions } from '../strict-options.ts';
import { tryInstance, tryOptions } from '../try-instance.ts';

/** `steadfast try group`: a trajectory group of one instance, with its advantages. */
export const tryGroupCommand = defineCommand({
  meta: { name: 'group', description: 'Run a group of rollouts of one instance and print its advantages' },
  args: tryOptions(),
  plugins: [strictOptions],
  async run({ args }) {
    // A group is what training samples: at temperature 0 its members would all be the same.
    await tryInstance(args, { temperature: MODE_DEFAULTS.temperature.train });
  },
});
