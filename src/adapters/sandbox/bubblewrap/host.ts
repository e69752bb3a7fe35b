import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What bubblewrap sandboxes are made with. */
export interface BubblewrapOptions {
  /** Holds sandboxes and prepared repositories; must be on a disk of this host. */
  readonly stateDir: string;
  /** Python environment with pytest, made from /usr/bin/python3; bound to /opt/steadfast/env. */
  readonly pythonEnv: string;
}

/** The host's Python, for supervisors; never a user's own. */
export const HOST_PYTHON = '/usr/bin/python3';

/** Absolute path of bubblewrap; null where it is not installed. */
export function findBubblewrap(): string | null {
  return ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'].find((path) => existsSync(path)) ?? null;
}

const ETC: Readonly<Record<string, string>> = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/home/agent:/bin/bash\n' +
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n',
  hosts: '127.0.0.1 localhost sandbox\n::1 localhost\n',
  'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
  'ld.so.cache': '',
};

/** Makes the small /etc that all sandboxes of a state folder share; its files say nothing of the host. */
export async function makeEtc(stateDir: string): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(ETC)).digest('hex').slice(0, 8);
  const path = join(stateDir, `etc-${name}`);
  if (existsSync(path)) return path;
  const made = `${path}.${process.pid}`;
  await mkdir(join(made, 'alternatives'), { recursive: true });
  for (const [file, text] of Object.entries(ETC)) await writeFile(join(made, file), text);
  // Another process may have made it meanwhile; theirs is as good.
  await rename(made, path).catch(() => rm(made, { recursive: true, force: true }));
  return path;
}

/** Names a Python environment by its interpreter and its packages with their versions. */
export async function digestOfPython(pythonEnv: string): Promise<string> {
  const interpreter = await realpath(join(pythonEnv, 'bin', 'python3'));
  const config = await readFile(join(pythonEnv, 'pyvenv.cfg'), 'utf8');
  const version = /^version.*=\s*(\S+)/m.exec(config)?.[1] ?? '';
  const lib = await readdir(join(pythonEnv, 'lib'));
  const packages = await Promise.all(
    lib.map((name) => readdir(join(pythonEnv, 'lib', name, 'site-packages'))),
  );
  const installed = packages.flat().filter((name) => name.endsWith('.dist-info'));
  const text = JSON.stringify([interpreter, version, installed.toSorted()]);
  return `python-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}
