import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until no other live process holds the lock file, then holds it; returns the release.
 * @param {string} file
 * @param {(pid: number) => void} onWait
 */
export async function holdLock(file, onWait) {
  mkdirSync(dirname(file), { recursive: true });
  let waiting = false;
  while (!tryWrite(file)) {
    const pid = holder(file);
    if (pid === undefined || !isAlive(pid)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!waiting) onWait(pid);
    waiting = true;
    await sleep(500);
  }
  return () => rmSync(file, { force: true });
}

/** @param {string} file */
function tryWrite(file) {
  // Written aside and linked, so that nobody reads a lock that has no holder yet.
  const own = `${file}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

/** @param {string} file */
function holder(file) {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
