import { chown, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxInfo, SandboxLimits } from '../../../ports/sandbox.ts';
import { ROOTS } from '../guest.ts';
import { hashOf } from '../supervised.ts';
import { mustRun } from './process.ts';

/** What is known of an open sandbox; its file, written last, is what makes it open. */
export interface Meta extends SandboxInfo {
  /** Uid and gid on the host that its processes run under; null for the user's own. */
  readonly uid: number | null;
  /** Whether it has a cgroup. */
  readonly bounded: boolean;
  /** The repository that /testbed was copied from, with the pristine git data. */
  readonly seed: string;
  /** Folder of the instance's requirements; absent where it has none. */
  readonly requirements?: string;
}

/** The parts of the disk that the agent writes to, as folders of one file system with one size. */
const DISK = ['testbed', 'tmp', 'home', 'shm'] as const;
const INODE_BYTES = 4096;

/** The folder of one sandbox on this host. */
export class Folder {
  readonly path: string;
  /** Names its cgroup and its disk: by the whole path, since two installations may have sandboxes of one name. */
  readonly id: string;

  private constructor(parent: string, hash: string) {
    this.path = join(parent, hash);
    this.id = hashOf(this.path);
  }

  static of(parent: string, name: string): Folder {
    return new Folder(parent, hashOf(name));
  }

  static ofHash(parent: string, hash: string): Folder {
    return new Folder(parent, hash);
  }

  at(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  /** Where the agent's folders lie, by their names in a snapshot. */
  get roots(): Readonly<Record<string, string>> {
    return {
      [ROOTS.tree]: this.at('disk', 'testbed'),
      [ROOTS.tmp]: this.at('disk', 'tmp'),
      [ROOTS.home]: this.at('disk', 'home'),
    };
  }

  /** Written before anything that would have to be removed: what an opening that was cut off leaves is found by it. */
  async begin(info: SandboxInfo): Promise<void> {
    await mkdir(this.path, { recursive: true });
    await writeFile(this.at('begun'), JSON.stringify(info));
  }

  /** What is known of whatever is here, open or not; null when nothing is. */
  async info(): Promise<SandboxInfo | null> {
    const text = await readFile(this.at('begun'), 'utf8').catch(() => '');
    return text === '' ? null : (JSON.parse(text) as SandboxInfo);
  }

  /** Null when no sandbox is open here. */
  async meta(): Promise<Meta | null> {
    const text = await readFile(this.at('ready'), 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as Meta);
  }

  /** The host uid that was claimed for it, opened or not. */
  async uid(): Promise<number | null> {
    const text = await readFile(this.at('uid'), 'utf8').catch(() => '');
    return text === '' ? null : Number(text);
  }

  /** Makes the folder; for a uid of its own the disk is a file system of limited size, charged to the sandbox's memory. */
  async make(uid: number | null, limits: SandboxLimits): Promise<void> {
    await mkdir(this.at('disk'), { recursive: true });
    if (uid !== null) {
      await writeFile(this.at('uid'), String(uid));
      const inodes = Math.max(1024, Math.floor(limits.diskBytes / INODE_BYTES));
      const options = `size=${limits.diskBytes},nr_inodes=${inodes},mode=755,nosuid,nodev`;
      await mustRun(['mount', '-t', 'tmpfs', '-o', options, `steadfast-${this.id}`, this.at('disk')]);
    }
    const own = [...DISK.map((part) => this.at('disk', part)), this.at('scratch')];
    for (const path of own) {
      await mkdir(path, { recursive: true });
      if (uid !== null) await chown(path, uid, uid);
    }
    await mkdir(this.at('calls'), { recursive: true, mode: 0o700 });
    await writeFile(this.at('lock'), '', { mode: 0o600 });
  }

  /** The pid of the supervisor that runs a command now; null when none does. */
  async supervisor(): Promise<number | null> {
    const claim = await readFile(this.at('claim'), 'utf8').catch(() => '');
    const pid = /^\d+/.exec(claim)?.[0];
    if (pid === undefined) return null;
    // Only when it is ours indeed: a pid may have been given to another since.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return command.includes(this.path) ? Number(pid) : null;
  }

  /** From here on the sandbox is open. */
  async open(meta: Meta): Promise<void> {
    await writeFile(this.at('ready.new'), JSON.stringify(meta));
    await rename(this.at('ready.new'), this.at('ready'));
  }

  /** From here on no command starts. */
  async shut(): Promise<void> {
    await rm(this.at('ready'), { force: true });
  }

  /** Removes everything, whatever modes the agent gave its files. */
  async remove(): Promise<void> {
    if ((await mounted()).includes(this.at('disk'))) await mustRun(['umount', '-l', this.at('disk')]);
    await this.empty().catch(async () => {
      // Not root: folders that the agent closed to their owner must be opened before they can be emptied.
      await mustRun(['chmod', '-R', 'u+rwX', this.path]);
      await this.empty();
    });
  }

  /** Last of all what the rest is found by, lest a removal that is cut off leaves something that nobody finds. */
  private async empty(): Promise<void> {
    const names = await readdir(this.path).catch(() => []);
    for (const name of names) {
      if (name !== 'begun') await rm(this.at(name), { recursive: true, force: true });
    }
    await rm(this.path, { recursive: true, force: true });
  }
}

/** Folders that are mount points, as the kernel writes them. */
async function mounted(): Promise<readonly string[]> {
  const text = await readFile('/proc/self/mounts', 'utf8');
  return text.split('\n').map((line) => line.split(' ')[1]?.replaceAll('\\040', ' ') ?? '');
}
