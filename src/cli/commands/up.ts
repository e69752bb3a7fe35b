import { defineCommand } from 'citty';
import { ensurePlatform, platformStatus } from '../../local/platform.ts';
import { readEnvironment } from '../run-input.ts';
import { createOutput } from '../output.ts';
import { strictOptions } from '../strict-options.ts';
import { webAddress } from '../temporal-client.ts';

/** `steadfast up`: brings the embedded platform up. */
export const upCommand = defineCommand({
  meta: { name: 'up', description: 'Bring up the Temporal server, the workers and the policy server' },
  args: {
    model: {
      type: 'string',
      valueHint: 'folder',
      description: 'Model that the policy server loads at start',
    },
  },
  plugins: [strictOptions],
  async run({ args }) {
    const config = readEnvironment();
    const { say } = createOutput({ json: false });
    const wasUp = platformStatus(config)?.phase === 'ready';
    await ensurePlatform(config, {
      ...(args.model === undefined ? {} : { model: args.model }),
      progress: say,
    });
    const web = webAddress(config, null);
    say(`${wasUp ? 'already up' : 'up'}${web === null ? '' : `; Temporal Web UI: ${web}`}`);
  },
});
