import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockHash, versions } from '../paths.mjs';
import { isStamped, stamp } from '../stamp.mjs';

/**
 * A Python environment of what a lock lists, no more and no less. It is there when its stamp names the lock, and there is
 * none to make where the package came without that lock.
 * @param {object} options
 * @param {string} options.name
 * @param {(context: import('../context.mjs').Context) => string} options.lock
 * @param {(context: import('../context.mjs').Context) => string} options.folder
 * @param {string[]} options.after
 * @param {string} options.program run once, so that the first start finds compiled modules
 * @param {(context: import('../context.mjs').Context) => string} [options.cwd] where it runs
 * @param {string} [options.version] of Python
 * @param {(context: import('../context.mjs').Context) => string | undefined} [options.path] where to look for it
 * @returns {import('../context.mjs').Part}
 */
export function pythonEnvironment({
  name,
  lock,
  folder,
  after,
  program,
  cwd,
  version = versions.python,
  path,
}) {
  return {
    name,
    after,
    check: (context) => !existsSync(lock(context)) || isStamped(folder(context), lockHash(lock(context))),
    async make(context) {
      const { uv } = context.paths;
      const target = folder(context);
      const python = join(target, 'bin/python');
      await context.run(uv, ['venv', '-q', '--clear', '--python', version, target], {
        env: path === undefined ? context.env : { ...context.env, PATH: path(context) },
      });
      const sync = ['pip', 'sync', '-q', '--require-hashes', '--python', python, lock(context)];
      await context.run(uv, sync);
      // Even where the environment asks for none to be written.
      const env = { ...context.env, PYTHONDONTWRITEBYTECODE: '' };
      await context.run(python, ['-c', program], {
        env,
        ...(cwd === undefined ? {} : { cwd: cwd(context) }),
      });
      stamp(target, lockHash(lock(context)));
      return `${name} installed`;
    },
  };
}
