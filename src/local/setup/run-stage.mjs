import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** @typedef {import('node:stream').Readable} Readable */
/** @typedef {{ name: string, code: number, seconds: number, late: boolean, end: string[] }} StageResult */

/** Lines of a stage's end that are kept: where it failed, its tests' errors are among them. */
const END_LINES = 120;

/** For what a stage wrote last to come through. */
const DRAIN_MS = 500;

/**
 * Runs one stage of the tests with its output on ours; past its minutes its whole process group is ended.
 * @param {import('./stages.mjs').Stage} stage
 * @param {import('./context.mjs').Context} context
 * @returns {Promise<StageResult>}
 */
export function runStage(stage, context) {
  const [command, ...args] = stage.command(context.paths);
  if (command === undefined) throw new Error(`stage ${stage.name} has no command`);
  console.log(`\n== ${stage.name}`);
  const started = Date.now();
  const cwd = join(context.root, stage.folder ?? '.');
  // A group of its own, so that what a test leaves behind can be ended with it.
  const child = spawn(command, args, {
    cwd,
    env: { ...context.env, ...stage.env },
    stdio: ['inherit', 'pipe', 'pipe'],
    detached: true,
  });
  const end = keepEnd(child);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    endGroup(child.pid, 'SIGKILL');
  }, stage.minutes * 60_000);
  /** @param {NodeJS.Signals} signal */
  const interrupted = (signal) => {
    endGroup(child.pid, signal);
    process.exitCode = 1;
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  return new Promise((done) => {
    /** @param {number} code */
    const ended = (code) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      done({ name: stage.name, code, seconds: (Date.now() - started) / 1000, late, end });
    };
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      ended(127);
    });
    // Not its streams' end: what a test left behind may hold them open.
    child.on('exit', (code) => setTimeout(() => ended(code ?? 1), DRAIN_MS));
  });
}

/**
 * The stages, how they ended and how long they took.
 * @param {StageResult[]} results
 */
export function tableOf(results) {
  const rows = results.map(({ name, code, seconds, late }) => {
    const end = late ? 'took too long' : code === 0 ? 'passed' : `failed (${code})`;
    return `  ${name.padEnd(14)}${end.padEnd(16)}${seconds.toFixed(1).padStart(8)} s`;
  });
  const total = results.reduce((sum, result) => sum + result.seconds, 0);
  return ['', ...rows, `  ${'all'.padEnd(30)}${total.toFixed(1).padStart(8)} s`].join('\n');
}

/**
 * What failed stages said last, for a log of which only the end is read.
 * @param {StageResult[]} results
 */
export function endsOfFailed(results) {
  return results
    .filter(({ code }) => code !== 0)
    .map(({ name, end }) => [`\n== ${name} failed; its last lines again:`, ...end].join('\n'))
    .join('\n');
}

/**
 * Hands a process's output on to ours, and keeps its last lines.
 * @param {import('node:child_process').ChildProcessByStdio<null, Readable, Readable>} child
 * @returns {string[]}
 */
function keepEnd(child) {
  /** @type {string[]} */
  const lines = [];
  for (const [from, to] of /** @type {const} */ ([
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])) {
    from.pipe(to, { end: false });
    createInterface(from).on('line', (line) => {
      lines.push(line);
      if (lines.length > END_LINES) lines.shift();
    });
  }
  return lines;
}

/**
 * @param {number | undefined} pid
 * @param {NodeJS.Signals} signal
 */
function endGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}
