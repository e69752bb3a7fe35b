import { defineCommand } from 'citty';
import { stopPlatform } from '../../local/platform.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';

/** `steadfast down`: ends the embedded platform; runs go on when it is up again. */
export const downCommand = defineCommand({
  meta: { name: 'down', description: 'End the embedded platform; open runs go on when it is up again' },
  plugins: [strictOptions],
  async run() {
    const stopped = await stopPlatform(readEnvironment());
    process.stdout.write(stopped ? 'down\n' : 'it was not up\n');
  },
});
