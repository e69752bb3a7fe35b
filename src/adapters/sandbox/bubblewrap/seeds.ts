import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import { mustRun } from './process.ts';

/** Enough for a window of instances in flight; each is as large as its repository. */
const KEPT = 128;

/** What a repository is made of. */
export interface Ground {
  readonly tree: string;
  /** Paths in it that the commit leaves out. */
  readonly hidden: readonly string[];
}

/** Makes the one commit in a folder, inside a sandbox, as the uid that will be asked to own it. */
export type Commit = (folder: string) => Promise<void>;

/** Repositories with their one commit, made once for each tree: a sandbox's /testbed is a copy of one. */
export class Seeds {
  private readonly path: string;
  private readonly making = new Map<string, Promise<string>>();

  constructor(stateDir: string) {
    this.path = join(stateDir, 'seeds');
  }

  /** The folder of a tree's repository, its pristine git data in `.git`; made when it is not there. */
  async of(ground: Ground, commit: Commit, inUse: () => Promise<ReadonlySet<string>>): Promise<string> {
    const seed = join(this.path, await keyOf(ground));
    if (existsSync(seed)) {
      await utimes(seed, new Date(), new Date());
      return seed;
    }
    const making = this.making.get(seed) ?? this.make(ground.tree, seed, commit, inUse);
    this.making.set(seed, making);
    return await making.finally(() => this.making.delete(seed));
  }

  private async make(
    tree: string,
    seed: string,
    commit: Commit,
    inUse: () => Promise<ReadonlySet<string>>,
  ): Promise<string> {
    const made = join(this.path, `making-${Date.now()}-${randomUUID()}`);
    try {
      await mkdir(made, { recursive: true });
      await mustRun(['cp', '-R', '-P', '--preserve=mode,timestamps,links', `${tree}/.`, made]);
      await rm(join(made, '.git'), { recursive: true, force: true });
      await commit(made);
      // Sandboxes copy it under uids of their own.
      await mustRun(['chmod', '-R', 'a+rX', made]);
      // Another process may have made it meanwhile; theirs is as good.
      await rename(made, seed).catch((error: unknown) => {
        if (!existsSync(seed)) throw error;
      });
    } finally {
      await rm(made, { recursive: true, force: true });
    }
    await this.prune(await inUse());
    return seed;
  }

  /** Removes the longest unused ones above the number kept, and what killed makers left. */
  private async prune(inUse: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.path);
    const seeds = await Promise.all(
      names.map(async (name) => {
        const path = join(this.path, name);
        // By its name: a copy has the times of the tree that it is made of, which may be of any age.
        const begun = /^making-(\d+)-/.exec(name)?.[1];
        const used = begun === undefined ? (await stat(path).catch(() => null))?.mtimeMs : Number(begun);
        return { path, used: used ?? 0, made: begun === undefined };
      }),
    );
    const old = seeds
      .filter(({ made }) => made)
      .toSorted((a, b) => b.used - a.used)
      .slice(KEPT);
    const left = seeds.filter(({ made, used }) => !made && used < Date.now() - 3_600_000);
    for (const { path } of [...old, ...left]) {
      if (!inUse.has(path)) await rm(path, { recursive: true, force: true });
    }
  }
}

/** A prepared tree is never written to, so its folder's identity and times stand for its content. */
async function keyOf({ tree, hidden }: Ground): Promise<string> {
  const info = await stat(tree, { bigint: true }).catch((cause: unknown) => {
    throw new SteadfastError('Instance.SourceMissing', `The prepared tree ${tree} is not there`, { cause });
  });
  const identity = [tree, info.dev, info.ino, info.ctimeNs, info.mtimeNs, ...hidden].join(' ');
  return createHash('sha256').update(identity).digest('hex').slice(0, 24);
}
