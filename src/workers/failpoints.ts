import { readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a failpoint does to its process: it is killed or frozen, or waits for some milliseconds. */
export type Act = 'kill' | 'stop' | { readonly delayMs: number };

/** Does what stands in the file of that name, once; nothing where there is none. */
export type Fire = (name: string) => Promise<void>;

/**
 * The failpoints of a folder. A file is removed before it has its effect, and whoever removes it alone is meant: of all
 * the processes of a test, and of all their restarts, one is hit.
 */
export function createFailpoints(folder: string, act: (what: Act) => Promise<void> = upon): Fire {
  return async (name) => {
    const path = join(folder, name);
    const text = (await readFile(path, 'utf8').catch(() => '')).trim();
    // An empty one is still being written.
    if (text === '') return;
    const what = read(name, text);
    const removed = await unlink(path).then(
      () => true,
      () => false,
    );
    if (removed) await act(what);
  };
}

function read(name: string, text: string): Act {
  if (text === 'kill' || text === 'stop') return text;
  const delay = /^delay (\d+)$/.exec(text)?.[1];
  if (delay === undefined) {
    throw new Error(`the failpoint ${name} holds ${JSON.stringify(text)}; expected kill, stop or delay <ms>`);
  }
  return { delayMs: Number(delay) };
}

/** A test of failpoints has other processes than its own to lose. */
async function upon(what: Act): Promise<void> {
  if (what === 'kill') process.kill(process.pid, 'SIGKILL');
  else if (what === 'stop') process.kill(process.pid, 'SIGSTOP');
  else await sleep(what.delayMs);
}
