import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { PARQUET } from './data-loader.ts';
import { hubServer, type ServedCommit } from './hub-server.ts';
import { temporaryHome } from './temporary-home.ts';

/** The data set of these tests. */
export const HUB_NAME = 'owner/data.set';
/** Records as lines, and as a Parquet file. */
export const LINES = (await readFile(join(PARQUET, 'records.jsonl'), 'utf8')).trimEnd().split('\n');
export const PARQUET_BYTES = await readFile(join(PARQUET, 'snappy-groups.parquet'));
/** Their ids, in order. */
export const IDS = LINES.map((line) => (JSON.parse(line) as { readonly instance_id: string }).instance_id);

/** Some of the lines, as the bytes of a file. */
export const linesAt = (...numbers: readonly number[]): Buffer =>
  Buffer.from(numbers.map((i) => LINES[i]).join('\n'));

const OLD: ServedCommit = { sha: 'a'.repeat(40), files: { 'data/train.jsonl': linesAt(0) } };
/** What `main` is at; `v1` is at an older one. */
export const NEW_COMMIT: ServedCommit = {
  sha: 'b'.repeat(40),
  files: {
    'README.md': Buffer.from('---\nconfigs: …\n---\n'),
    'data/test-00000-of-00001.jsonl': linesAt(1, 2),
    'data/train-00000-of-00001.parquet': PARQUET_BYTES,
    'other/train-00000-of-00001.jsonl': linesAt(3),
  },
  card: {
    configs: [
      { config_name: 'other', data_files: 'other/*' },
      {
        config_name: 'default',
        data_files: [
          { split: 'train', path: 'data/train-*' },
          { split: 'held_out', path: ['data/test-*'] },
        ],
      },
    ],
  },
};

/** A hub with two revisions, a loader's options for it, and what its client keeps. */
export async function hubWorld(t: TestContext) {
  const home = temporaryHome(t);
  const hub = await hubServer(t, HUB_NAME, { main: NEW_COMMIT, v1: OLD });
  const settings = {
    url: hub.url,
    token: null,
    tokenFile: join(home, 'token'),
    folder: join(home, 'hub'),
    retryDelaysMs: [1, 1],
  };
  const options = { hub: settings, cacheDir: join(home, 'cache') };
  const kept = async (): Promise<string[]> =>
    (await readdir(home, { recursive: true, withFileTypes: true }))
      .filter((entry) => !entry.isDirectory())
      .map((entry) => entry.name);
  return { home, hub, settings, options, kept };
}
