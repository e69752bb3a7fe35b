import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { guestLock, lockHash } from '../paths.mjs';
import { isStamped, stamp } from '../stamp.mjs';

/** The system's Python: the one that a bubblewrap sandbox sees, for /usr is bound into it. */
const systemPython = '/usr/bin/python3';

/**
 * The Python environment that bubblewrap sandboxes see at /opt/steadfast/env.
 * @type {import('../context.mjs').Part}
 */
export const guest = {
  name: 'sandbox environment',
  after: ['uv', 'sandbox'],
  check: (context) => !existsSync(systemPython) || isStamped(context.paths.guestEnv, lockHash(guestLock)),
  async make(context) {
    const folder = context.paths.guestEnv;
    // Relocatable, for its path inside differs; copied, for an unprivileged user reads it and must not reach uv's cache by a link.
    await context.run(context.paths.uv, [
      'venv',
      '-q',
      '--clear',
      '--relocatable',
      '--python',
      systemPython,
      folder,
    ]);
    const python = join(folder, 'bin/python');
    const sync = [
      'pip',
      'sync',
      '-q',
      '--require-hashes',
      '--compile-bytecode',
      '--link-mode',
      'copy',
      '--python',
      python,
      guestLock,
    ];
    await context.run(context.paths.uv, sync);
    await context.run('chmod', ['-R', 'a+rX', folder]);
    stamp(folder, lockHash(guestLock));
    return 'sandbox environment installed';
  },
};
