import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

/** Of a download that was killed, the bytes are taken away after this; a slow one writes more often. */
const ABANDONED_MS = 24 * 3600_000;

/** One file of a data set at a commit. */
export interface HubFile {
  readonly path: string;
  readonly size: number;
  /** Of its bytes: sha256 where a large-file store keeps it, else git's blob id; names the file in the cache. */
  readonly id: string;
  readonly isLarge: boolean;
}

/** What a data set holds at one commit; never changes. */
export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
  /** `configs` of the card, as the hub has read it. */
  readonly configs: unknown;
}

/** The folders of one data set in the cache that all of Hugging Face's own clients share. */
export class HubCache {
  private readonly folder: string;
  private readonly listings: string;

  /** `hubFolder` is HF_HOME/hub; `cacheDir` is ours, for what that layout has no place for. */
  constructor(hubFolder: string, cacheDir: string, name: string) {
    const plain = name.replaceAll('/', '--');
    this.folder = join(hubFolder, `datasets--${plain}`);
    this.listings = join(cacheDir, 'hub', plain);
  }

  /** Where a file of a commit is, or will be. */
  placeOf(commit: string, path: string): string {
    return join(this.folder, 'snapshots', commit, path);
  }

  async has(commit: string, file: HubFile): Promise<boolean> {
    const found = await stat(this.placeOf(commit, file.path)).catch(() => null);
    return found?.size === file.size;
  }

  /**
   * Takes in a file: bytes go aside, are checked against size and hash, and only then get their name, so that two
   * downloads at once or one that is killed leave nothing half.
   */
  async add(commit: string, file: HubFile, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const blob = join(this.folder, 'blobs', file.id);
    const draft = `${blob}.${randomUUID()}.incomplete`;
    await mkdir(dirname(blob), { recursive: true });
    await this.clean(dirname(blob));
    try {
      await this.write(draft, file, bytes);
      await rename(draft, blob);
    } finally {
      await rm(draft, { force: true });
    }
    await this.link(blob, this.placeOf(commit, file.path));
  }

  private async clean(folder: string): Promise<void> {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.incomplete')) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      if (found !== null && Date.now() - found.mtimeMs > ABANDONED_MS) await rm(path, { force: true });
    }
  }

  private async write(draft: string, file: HubFile, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const digest = createHash(file.isLarge ? 'sha256' : 'sha1');
    if (!file.isLarge) digest.update(`blob ${file.size}\0`);
    let size = 0;
    const out = await open(draft, 'w');
    try {
      for await (const chunk of bytes) {
        size += chunk.length;
        digest.update(chunk);
        await out.writeFile(chunk);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    if (size !== file.size) throw new Error(`${file.path} ended after ${size} of ${file.size} bytes`);
    const found = digest.digest('hex');
    if (found !== file.id) throw new Error(`${file.path} has the hash ${found}, not ${file.id}`);
  }

  private async link(blob: string, place: string): Promise<void> {
    await mkdir(dirname(place), { recursive: true });
    const draft = `${place}.${randomUUID()}.link`;
    await symlink(relative(dirname(place), blob), draft);
    await rename(draft, place);
  }

  /** The commit that a branch or tag was at when it was last asked for; null when it never was. */
  async commitOf(revision: string): Promise<string | null> {
    const text = await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => null);
    return text?.trim() ?? null;
  }

  async noteCommit(revision: string, commit: string): Promise<void> {
    await this.replace(join(this.folder, 'refs', revision), commit);
  }

  async listing(commit: string): Promise<HubListing | null> {
    const text = await readFile(join(this.listings, `${commit}.json`), 'utf8').catch(() => null);
    return text === null ? null : (JSON.parse(text) as HubListing);
  }

  async keepListing(listing: HubListing): Promise<void> {
    await this.replace(join(this.listings, `${listing.commit}.json`), JSON.stringify(listing));
  }

  private async replace(path: string, text: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const draft = `${path}.${randomUUID()}.draft`;
    await writeFile(draft, text);
    await rename(draft, path);
  }
}
