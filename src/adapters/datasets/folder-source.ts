import { cp } from 'node:fs/promises';
import { basename } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Source } from '../../domain/instance.ts';
import { LEFT_OUT, digestOfFolder } from './folder-digest.ts';
import type { Origin } from './trees.ts';

type Folder = Extract<Source, { kind: 'folder' }>;

/** The content of a folder of this machine as it was when the data was read. */
export function folderOrigin({ path, digest }: Folder): Origin {
  return {
    name: ['folder', digest],
    fill: async (folder) => {
      // Looked at first, so that what is no source is named and not copied.
      const found = await digestOfFolder(path);
      if (found === digest) await copy(path, folder);
      // And of the copy, for the folder may be written to meanwhile.
      const copied = found === digest ? await digestOfFolder(folder) : found;
      if (copied === digest) return;
      throw new SteadfastError(
        'Instance.SourceMissing',
        `The source folder ${path} has changed since the data was read (its digest was ${digest} and is ${copied}); start a new run for it`,
      );
    },
  };
}

async function copy(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    preserveTimestamps: true,
    filter: (path) => path === from || !LEFT_OUT.has(basename(path)),
  });
}
