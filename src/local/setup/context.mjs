import { mkdirSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { cacheFolder, packageRoot, toolPaths } from './paths.mjs';
import { failing, onPath, runProgram } from './process.mjs';

/**
 * What every part of set-up is given. `env` is what children of set-up get; parts add to it.
 * @typedef {object} Context
 * @property {string} root the package's folder
 * @property {string} cache the folder of installed tools
 * @property {ReturnType<typeof toolPaths>} paths
 * @property {Record<string, string | undefined>} env
 * @property {import('./process.mjs').Run} probe runs a program, whatever its end
 * @property {import('./process.mjs').Run} run runs a program that must succeed
 * @property {(name: string) => string | undefined} which
 * @property {boolean} isRoot
 */

/**
 * One thing to have on the machine. `check` is quick and changes nothing but `context.env`; `make` returns what it did, in a few words.
 * @typedef {object} Part
 * @property {string} name
 * @property {string[]} [after] names of parts that come first
 * @property {(context: Context) => boolean | Promise<boolean>} check
 * @property {(context: Context) => Promise<string>} make
 */

/**
 * The context of this machine. The one place of set-up that reads the environment.
 * @param {Record<string, string | undefined>} [environment]
 * @param {import('./process.mjs').Run} [program]
 * @returns {Context}
 */
export function createContext(environment = process.env, program = runProgram) {
  const cache = cacheFolder(environment);
  mkdirSync(cache, { recursive: true });
  const env = { ...environment };
  // The children's `node` and `npm` are those of the Node that runs this.
  env['PATH'] = [dirname(process.execPath), env['PATH']].join(delimiter);
  /** @type {import('./process.mjs').Run} */
  const probe = (command, args, options) => program(command, args, { env, ...options });
  return {
    root: packageRoot,
    cache,
    paths: toolPaths(cache),
    env,
    probe,
    run: failing(probe),
    which: (name) => onPath(name, env['PATH']),
    isRoot: process.getuid?.() === 0,
  };
}
