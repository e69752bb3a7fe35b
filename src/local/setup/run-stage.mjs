import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** @typedef {{ name: string, code: number, seconds: number, late: boolean }} StageResult */

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
    stdio: 'inherit',
    detached: true,
  });
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
    const end = (code) => {
      clearTimeout(timer);
      process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
      done({ name: stage.name, code, seconds: (Date.now() - started) / 1000, late });
    };
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      end(127);
    });
    child.on('exit', (code) => end(code ?? 1));
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
