import { defineCommand } from 'citty';
import { createOutput } from '../output.ts';
import { bringUp } from '../platform.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';

/** `steadfast up`: brings the embedded platform up. */
export const upCommand = defineCommand({
  meta: { name: 'up', description: 'Bring up the Temporal server, the workers and the policy server' },
  args: {
    model: {
      type: 'string',
      valueHint: 'folder',
      description: 'Model that the policy server loads at start',
    },
    without: {
      type: 'string',
      valueHint: 'names',
      description:
        'Come up without these variables, by commas, or without the policy-server, though the platform last had them',
    },
  },
  plugins: [strictOptions],
  async run({ args }) {
    const config = readEnvironment();
    const { say } = createOutput({ json: false });
    await bringUp(config, say, {
      model: args.model,
      without: args.without?.split(',') ?? [],
      cwd: process.cwd(),
    });
  },
});
