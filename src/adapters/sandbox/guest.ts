import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The agent's uid and gid inside every sandbox. */
export const AGENT_UID = 1000;

/** Where things stand inside every sandbox. */
export const PLACES = {
  tree: '/testbed',
  home: '/home/agent',
  guest: '/opt/steadfast/guest',
  python: '/opt/steadfast/env',
  /** Packages that an instance's tests need beside the environment's. */
  requirements: '/opt/steadfast/requirements',
  /** Written by root only: the lock, the kept results, the pristine git folder. */
  root: '/run/steadfast',
  scratch: '/run/steadfast-scratch',
} as const;

/** Names of the agent's folders in a snapshot, the same whatever adapter made it; all that a command can leave behind. */
export const ROOTS = { tree: 'testbed', tmp: 'tmp', home: 'home/agent' } as const;

const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The folder of the programs that run inside sandboxes. */
export const guestFolder = join(dirname(fileURLToPath(import.meta.resolve('./guest/supervise.py'))));

/** Names of guest programs (relative) and their text. */
export async function readGuest(): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(guestFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.name.endsWith('.lock'));
  const read = files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(guestFolder.length + 1), await readFile(path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Environment of every command of an instance that runs in our own Python environment. */
export function ownEnvironment(): Readonly<Record<string, string>> {
  return {
    ...agentEnvironment(`${PLACES.python}/bin:${SYSTEM_PATH}`),
    PYTHONPATH: `${PLACES.tree}/src:${PLACES.tree}`,
  };
}

/** Environment of every command of an instance whose image brings its own Python, by what the image sets. */
export function imageEnvironment(image: readonly string[]): Readonly<Record<string, string>> {
  const set = Object.fromEntries(
    image.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const),
  );
  // SWE-bench's and SWE-smith's images keep the instance's Python in a conda environment that no PATH names.
  const path = `/opt/miniconda3/envs/testbed/bin:/opt/miniconda3/bin:${set['PATH'] ?? SYSTEM_PATH}`;
  return { ...set, ...agentEnvironment(path) };
}

/** An environment as a supervisor reads it. */
export function encodeEnvironment(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}`)
    .join('\0');
}

function agentEnvironment(path: string): Readonly<Record<string, string>> {
  return {
    PATH: path,
    HOME: PLACES.home,
    USER: 'agent',
    LOGNAME: 'agent',
    SHELL: '/bin/bash',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONHASHSEED: '0',
    TZ: 'UTC',
    LC_ALL: 'C.UTF-8',
    GIT_PAGER: 'cat',
    PAGER: 'cat',
    TERM: 'dumb',
  };
}
