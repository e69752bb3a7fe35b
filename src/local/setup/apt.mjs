import { existsSync } from 'node:fs';
import { SetupError } from './process.mjs';

/** dpkg's lock admits one at a time. @type {Promise<unknown>} */
let queue = Promise.resolve();
let updated = false;

/**
 * Installs Debian packages, where this is Debian or Ubuntu and we are root; else says what to install.
 * @param {import('./context.mjs').Context} context
 * @param {string[]} packages
 * @param {string} why
 */
export function aptInstall(context, packages, why) {
  if (!context.isRoot || !existsSync('/usr/bin/apt-get')) {
    return Promise.reject(
      new SetupError(
        `${why}: please install ${packages.join(', ')} with your system's package manager, then try again`,
      ),
    );
  }
  const install = async () => {
    const env = { ...context.env, DEBIAN_FRONTEND: 'noninteractive' };
    if (!updated) await context.run('apt-get', ['update', '-q'], { env });
    updated = true;
    await context.run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], { env });
  };
  const done = queue.then(install);
  queue = done.catch(() => undefined);
  return done;
}
