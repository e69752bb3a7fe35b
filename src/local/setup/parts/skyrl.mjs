import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { versions } from '../paths.mjs';
import { pythonEnvironment } from './python-environment.mjs';

/** A server that speaks Tinker's API, for the tests of the trainer behind one. */
export const skyrl = pythonEnvironment({
  name: 'SkyRL environment',
  lock: (context) => context.paths.skyrlLock,
  folder: (context) => context.paths.skyrlEnv,
  // It shares most of what the trainer needs, which uv links from its cache.
  after: ['uv', 'trainer environment'],
  program: 'import skyrl.tinker.api, skyrl.tinker.engine, skyrl.backends.jax',
  // The system's may be older; where there is none such, uv brings one.
  version: versions.skyrlPython,
  path: (context) => [...pyenvFolders(context.env), context.env['PATH']].join(delimiter),
});

/**
 * Where pyenv keeps its Pythons, newest first: its shims, which stand on the path, are no interpreters.
 * @param {Record<string, string | undefined>} env
 */
function pyenvFolders(env) {
  const root = join(env['PYENV_ROOT'] || join(homedir(), '.pyenv'), 'versions');
  if (!existsSync(root)) return [];
  const names = readdirSync(root).toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  return names.map((name) => join(root, name, 'bin'));
}
