import { closeSync, existsSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A log longer than this is put aside when its process starts; one older log is kept. */
const rotateBytes = 20 * 1024 * 1024;

/** Where the logs of the platform's processes lie. */
export function logFolder(home: string): string {
  return join(home, 'logs');
}

/** The log file of a process of the platform. */
export function logFile(home: string, name: string): string {
  return join(logFolder(home), `${name}.log`);
}

/** Opens a process's log for appending and returns the descriptor, which the caller closes. */
export function openLog(home: string, name: string, limitBytes = rotateBytes): number {
  const file = logFile(home, name);
  mkdirSync(logFolder(home), { recursive: true });
  if (existsSync(file) && statSync(file).size > limitBytes) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

/** The last line that a process has logged; empty where there is none. */
export function lastLine(home: string, name: string): string {
  const file = logFile(home, name);
  if (!existsSync(file)) return '';
  const text = logSince(home, name, Math.max(0, statSync(file).size - 8192));
  return text.split('\n').at(-1)?.trim() ?? '';
}

/** What a process has logged from a byte on, for a message; its first 8 KiB at most. */
export function logSince(home: string, name: string, from: number): string {
  const buffer = Buffer.alloc(8192);
  const handle = openSync(logFile(home, name), 'r');
  try {
    return buffer.toString('utf8', 0, readSync(handle, buffer, 0, buffer.length, from)).trimEnd();
  } finally {
    closeSync(handle);
  }
}
