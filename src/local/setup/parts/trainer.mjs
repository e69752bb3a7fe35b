import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockHash, versions } from '../paths.mjs';
import { isStamped, stamp } from '../stamp.mjs';

/**
 * The Python environment of the policy server. The second one, for its tests, costs little: uv links files from its cache.
 * The lock's hashes are those of PyPI's wheels; an index of CPU-only wheels has others, so it can't serve this lock.
 * @param {string} name
 * @param {string} lockName
 * @param {(context: import('../context.mjs').Context) => string} folderOf
 * @param {string[]} after
 * @returns {import('../context.mjs').Part}
 */
function environmentPart(name, lockName, folderOf, after) {
  return {
    name,
    after,
    check: (context) => {
      const lock = join(context.paths.trainer, lockName);
      return !existsSync(lock) || isStamped(folderOf(context), lockHash(lock));
    },
    async make(context) {
      const lock = join(context.paths.trainer, lockName);
      const folder = folderOf(context);
      await context.run(context.paths.uv, ['venv', '-q', '--clear', '--python', versions.python, folder]);
      const python = join(folder, 'bin/python');
      await context.run(context.paths.uv, [
        'pip',
        'sync',
        '-q',
        '--require-hashes',
        '--python',
        python,
        lock,
      ]);
      // Imported once, so that the first start finds compiled modules; even where the environment asks for none to be written.
      const env = { ...context.env, PYTHONDONTWRITEBYTECODE: '' };
      await context.run(python, ['-c', 'import torch, transformers, peft'], { env });
      stamp(folder, lockHash(lock));
      return `${name} installed`;
    },
  };
}

/** What the policy server runs in. */
export const trainer = environmentPart(
  'trainer environment',
  'requirements.lock',
  (context) => context.paths.trainerEnv,
  ['uv'],
);

/** What the policy server's tests run in; it follows the other, whose downloads it finds in uv's cache. */
export const trainerTest = environmentPart(
  "trainer's test environment",
  'requirements-test.lock',
  (context) => context.paths.trainerTestEnv,
  ['uv', 'trainer environment'],
);
