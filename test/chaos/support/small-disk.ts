import { execFile } from 'node:child_process';
import { mkdir, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOM = '2g';

/** A file system of its own, in memory, that can be full from one moment to the next, whatever is in it. */
export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Mounts one at a folder, which is made. */
  static async mount(path: string): Promise<SmallDisk> {
    await mkdir(path, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${ROOM}`, 'steadfast-small', path]);
    return new SmallDisk(path);
  }

  /** From here on nothing more goes in. */
  async fill(): Promise<void> {
    for (;;) {
      const { blocks, bfree, bsize } = await statfs(this.path);
      const used = Math.max(1, blocks - bfree) * bsize;
      // Refused when more was written meanwhile.
      const refused = await this.resize(String(used)).then(
        () => false,
        () => true,
      );
      if (!refused) return;
    }
  }

  /** Room again. */
  async free(): Promise<void> {
    await this.resize(ROOM);
  }

  async unmount(): Promise<void> {
    await run('umount', ['-l', this.path]);
  }

  private async resize(size: string): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.path]);
  }
}
