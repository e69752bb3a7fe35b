import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SteadfastError } from '../../domain/failures.ts';
import { runCommand } from './command.ts';

const UNPACK = fileURLToPath(new URL('unpack_sdist.py', import.meta.url));

/** Part of every tree's name: raise it when trees come to be made in another way. */
const LAYOUT = 'tree-2';

/** What making a tree needs of this machine. */
export interface Host {
  readonly cacheDir: string;
  /** Command of a Python 3.9+ that has pip. */
  readonly python: readonly string[];
  /** The environment that helper programs run in. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A source distribution whose tree is wanted; `archive` is asked for only when the tree is not there. */
export interface SdistTree {
  readonly sha256: string;
  readonly archive: () => Promise<string>;
}

/** The folder of an unpacked source distribution below <cache>/trees. */
export async function pristineTree(host: Host, sdist: SdistTree): Promise<string> {
  return await makeOnce(host, [sdist.sha256], async (draft) => {
    await unpack(host, await sdist.archive(), draft);
  });
}

/** The folder of a source distribution with a patch applied; `Instance.PatchDoesNotApply` names the instance. */
export async function patchedTree(
  host: Host,
  sdist: SdistTree,
  patch: string,
  instanceId: string,
): Promise<string> {
  return await makeOnce(host, [sdist.sha256, patch], async (draft) => {
    await cp(await pristineTree(host, sdist), draft, { recursive: true, verbatimSymlinks: true });
    await applyPatch(host, draft, patch, instanceId);
  });
}

/** Fills a folder aside and renames it into place, so that a tree is whole or not there. */
async function makeOnce(
  host: Host,
  of: readonly string[],
  fill: (draft: string) => Promise<void>,
): Promise<string> {
  const folder = join(host.cacheDir, 'trees');
  const name = JSON.stringify([LAYOUT, ...of]);
  const tree = join(folder, createHash('sha256').update(name).digest('hex').slice(0, 32));
  if (await exists(tree)) return tree;
  await mkdir(folder, { recursive: true });
  const draft = join(await realpath(folder), `.${randomUUID()}.draft`);
  await mkdir(draft);
  try {
    await fill(draft);
    await renameUnlessThere(draft, tree);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  return tree;
}

/** Another process may have put the same tree there meanwhile; it is as good. */
async function renameUnlessThere(draft: string, tree: string): Promise<void> {
  try {
    await rename(draft, tree);
  } catch (error) {
    if (!(await exists(tree))) throw error;
  }
}

async function unpack(host: Host, archive: string, draft: string): Promise<void> {
  const command = [...host.python, UNPACK, archive, draft];
  const result = await runCommand(command, { cwd: host.cacheDir, timeoutMs: 120_000 });
  if (result.exitCode === 0) return;
  throw new SteadfastError(
    'Instance.SourceMissing',
    `${archive} could not be unpacked: ${result.output.trim()}`,
  );
}

async function applyPatch(host: Host, draft: string, patch: string, instanceId: string): Promise<void> {
  const result = await runCommand(['git', 'apply', '-p1', '--whitespace=nowarn', '-'], {
    cwd: draft,
    timeoutMs: 60_000,
    stdin: patch,
    // In a repository above the cache, git would take paths as relative to that repository's root and skip them all.
    env: {
      ...host.environment,
      GIT_DIR: undefined,
      GIT_WORK_TREE: undefined,
      GIT_CEILING_DIRECTORIES: join(draft, '..'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      LC_ALL: 'C',
    },
  });
  if (result.exitCode === 0) return;
  const said = result.output.trim().slice(0, 500);
  throw new SteadfastError(
    'Instance.PatchDoesNotApply',
    `The patch of ${instanceId} does not apply: ${said}`,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
