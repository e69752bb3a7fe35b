import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a file holds of a pull of ours. */
export interface PulledRecord {
  readonly name: string;
  readonly id: string;
  /** ISO time. */
  readonly pulledAt: string;
}

/**
 * What this host remembers of images, since a daemon knows neither who pulled one nor when it was used last: a file a pull,
 * and an empty file an image, whose time is that of its last use. Files are written whole, so that processes may share them.
 */
export class ImageRecords {
  private readonly pulledFolder: string;
  private readonly usedFolder: string;

  constructor(folder: string) {
    this.pulledFolder = join(folder, 'pulled');
    this.usedFolder = join(folder, 'used');
  }

  async notePulled(name: string, id: string): Promise<void> {
    const record: PulledRecord = { name, id, pulledAt: new Date().toISOString() };
    await mkdir(this.pulledFolder, { recursive: true });
    const path = this.pulledPath(name);
    await writeFile(`${path}.part`, JSON.stringify(record));
    await rename(`${path}.part`, path);
  }

  async noteUse(id: string): Promise<void> {
    await mkdir(this.usedFolder, { recursive: true });
    await writeFile(this.usedPath(id), '');
  }

  /** All pulls that were noted, those of images that are gone among them. */
  async pulled(): Promise<readonly PulledRecord[]> {
    const names = await readdir(this.pulledFolder).catch(nothing);
    const records: PulledRecord[] = [];
    for (const name of names.filter((file) => file.endsWith('.json'))) {
      const text = await readFile(join(this.pulledFolder, name), 'utf8').catch(() => '');
      const record = parse(text);
      if (record !== null) records.push(record);
    }
    return records;
  }

  /** ISO time of an image's last use; null when there was none. */
  async lastUse(id: string): Promise<string | null> {
    const found = await stat(this.usedPath(id)).catch(() => null);
    return found?.mtime.toISOString() ?? null;
  }

  async forget(name: string): Promise<void> {
    await rm(this.pulledPath(name), { force: true });
  }

  private pulledPath(name: string): string {
    return join(this.pulledFolder, `${createHash('sha256').update(name).digest('hex').slice(0, 32)}.json`);
  }

  private usedPath(id: string): string {
    return join(this.usedFolder, id.replace(/^sha256:/, '').slice(0, 32));
  }
}

function nothing(): string[] {
  return [];
}

/** Null for what a crash or somebody else has left there: such an image counts as not ours. */
function parse(text: string): PulledRecord | null {
  try {
    const { name, id, pulledAt } = JSON.parse(text) as Partial<PulledRecord>;
    if (typeof name !== 'string' || typeof id !== 'string' || typeof pulledAt !== 'string') return null;
    return Number.isNaN(Date.parse(pulledAt)) ? null : { name, id, pulledAt };
  } catch {
    return null;
  }
}
