import { defineCommand } from 'citty';
import { MODE_DEFAULTS } from '../../schemas/run-config-fields.ts';
import { strictOptions } from '../strict-options.ts';
import { tryInstance } from '../try-instance.ts';
import { tryOptions } from '../try-options.ts';

/** A group is what training samples: at temperature 0 its members would all be the same. */
const TEMPERATURE = MODE_DEFAULTS.temperature.train;

/** `steadfast try group`: a trajectory group of one instance, with its advantages. */
export const tryGroupCommand = defineCommand({
  meta: { name: 'group', description: 'Run a group of rollouts of one instance and print its advantages' },
  args: tryOptions(TEMPERATURE),
  plugins: [strictOptions],
  async run({ args }) {
    await tryInstance(args, { temperature: TEMPERATURE });
  },
});
