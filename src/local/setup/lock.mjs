import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { birthOf } from './birth.mjs';

/** Who saw the last holder dead a moment before us may have removed our lock for its own. */
const SETTLED_MS = 100;

/**
 * Waits until no other live process holds the lock file, then holds it; returns the release.
 * @param {string} file
 * @param {(pid: number) => void} onWait
 */
export async function holdLock(file, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  const own = nameOf(process.pid);
  let waiting = false;
  for (;;) {
    if (tryWrite(file, own)) {
      await sleep(SETTLED_MS);
      if (read(file) === own) return () => rmSync(file, { force: true });
      continue;
    }
    const holder = read(file);
    const pid = Number(holder.split(' ')[0]);
    // The same number may be another process by now: after a reboot, or in a new container on an old cache.
    if (holder === '' || nameOf(pid) !== holder) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waiting) onWait(pid);
    waiting = true;
    await sleep(500);
  }
}

/**
 * @param {string} file
 * @param {string} own
 */
function tryWrite(file, own) {
  // Written aside and linked, so that nobody reads a lock that has no holder yet.
  const aside = `${file}.${process.pid}`;
  writeFileSync(aside, own);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * A process as a lock names it; empty when it has ended.
 * @param {number} pid
 */
function nameOf(pid) {
  const born = birthOf(pid);
  return born === undefined ? '' : `${pid} ${born}`;
}
