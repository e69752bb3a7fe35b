import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import { runCommand } from './command.ts';
import { gitEnvironment } from './git-environment.ts';
import { madeOnce } from './made-once.ts';

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

/** What a tree is made of. */
export interface Origin {
  /** Names the content; part of the tree's name. */
  readonly name: readonly string[];
  /** Puts the content into an empty folder; asked only when the tree is not there. */
  readonly fill: (folder: string) => Promise<void>;
}

/** The folder of an unpatched source below <cache>/trees. */
export async function pristineTree(host: Host, origin: Origin): Promise<string> {
  return await madeOnce(join(host.cacheDir, 'trees'), [LAYOUT, ...origin.name], origin.fill);
}

/** The folder of a source with a patch applied; `Instance.PatchDoesNotApply` names the instance. */
export async function patchedTree(
  host: Host,
  origin: Origin,
  patch: string,
  instanceId: string,
): Promise<string> {
  return await madeOnce(join(host.cacheDir, 'trees'), [LAYOUT, ...origin.name, patch], async (draft) => {
    await cp(await pristineTree(host, origin), draft, { recursive: true, verbatimSymlinks: true });
    await applyPatch(host, draft, patch, instanceId);
  });
}

async function applyPatch(host: Host, draft: string, patch: string, instanceId: string): Promise<void> {
  const result = await runCommand(['git', 'apply', '-p1', '--whitespace=nowarn', '-'], {
    cwd: draft,
    timeoutMs: 60_000,
    stdin: patch,
    // In a repository above the cache, git would take paths as relative to that repository's root and skip them all.
    env: { ...gitEnvironment(host.environment), GIT_CEILING_DIRECTORIES: join(draft, '..') },
  });
  if (result.exitCode === 0) return;
  const said = result.output.trim().slice(0, 500);
  throw new SteadfastError(
    'Instance.PatchDoesNotApply',
    `The patch of ${instanceId} does not apply: ${said}`,
  );
}
