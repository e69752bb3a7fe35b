import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A failure of set-up whose message is all that the user needs to see. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/**
 * @typedef {{ code: number, stdout: string, stderr: string }} Ended
 * @typedef {{ cwd?: string, env?: Record<string, string | undefined>, timeoutMs?: number }} RunOptions
 * @typedef {(command: string, args: string[], options?: RunOptions) => Promise<Ended>} Run
 */

/**
 * Runs a program to its end; a program that isn't there ends with code 127, one that took too long with 124.
 * @type {Run}
 */
export function runProgram(command, args, options = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let late = false;
    const timer = options.timeoutMs
      ? setTimeout(() => {
          late = true;
          child.kill('SIGKILL');
        }, options.timeoutMs)
      : undefined;
    child.stdout.on('data', (chunk) => (stdout = keepTail(stdout + chunk)));
    child.stderr.on('data', (chunk) => (stderr = keepTail(stderr + chunk)));
    child.on('error', (error) => {
      clearTimeout(timer);
      done({ code: 127, stdout, stderr: error.message });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      done({ code: late ? 124 : (code ?? 1), stdout, stderr });
    });
  });
}

/**
 * Makes a runner of one that reports failure: its errors name the command and show the last lines it printed.
 * @param {Run} run
 * @returns {Run}
 */
export function failing(run) {
  return async (command, args, options) => {
    const ended = await run(command, args, options);
    if (ended.code === 0) return ended;
    const tail = (ended.stderr || ended.stdout).trim().split('\n').slice(-8).join('\n    ');
    throw new SetupError(`"${[command, ...args].join(' ')}" ended with code ${ended.code}:\n    ${tail}`);
  };
}

/**
 * The file that a command name stands for on PATH.
 * @param {string} name
 * @param {string | undefined} path
 */
export function onPath(name, path) {
  for (const folder of (path ?? '').split(delimiter)) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder; the next may have it.
    }
  }
  return undefined;
}

/** @param {string} text */
function keepTail(text) {
  return text.length > 200_000 ? text.slice(-100_000) : text;
}
