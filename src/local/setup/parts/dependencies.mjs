import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockHash } from '../paths.mjs';
import { isStamped, stamp } from '../stamp.mjs';

/**
 * The npm packages of package-lock.json. An installed package has no lock file: there npm did it.
 * @type {import('../context.mjs').Part}
 */
export const dependencies = {
  name: 'npm packages',
  check(context) {
    const lock = join(context.root, 'package-lock.json');
    const folder = join(context.root, 'node_modules');
    if (!existsSync(lock)) return true;
    if (!existsSync(folder)) return false;
    if (isStamped(folder, lockHash(lock))) return true;
    if (!isInstalled(lock, join(folder, '.package-lock.json'))) return false;
    stamp(folder, lockHash(lock));
    return true;
  },
  async make(context) {
    await context.run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: context.root });
    stamp(join(context.root, 'node_modules'), lockHash(join(context.root, 'package-lock.json')));
    return 'npm packages installed';
  },
};

/**
 * Whether an `npm install` made by hand already has every package that the lock wants on this machine.
 * @param {string} lockFile
 * @param {string} installedFile
 */
function isInstalled(lockFile, installedFile) {
  if (!existsSync(installedFile)) return false;
  const wanted = packagesOf(lockFile);
  const installed = packagesOf(installedFile);
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    return path === '' || optional === true || installed[path]?.version === version;
  });
}

/**
 * @param {string} file
 * @returns {Record<string, { version?: string, optional?: boolean }>}
 */
function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {};
}
