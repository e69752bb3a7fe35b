import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import type { DatasetPage, Datasets } from '../../ports/datasets.ts';
import { parseInstanceFile } from '../../schemas/instance-file.ts';
import type { SweBenchSettings } from '../../schemas/instance-image.ts';
import { fetchSdist } from './sdists.ts';
import { patchedTree, pristineTree, type Host } from './trees.ts';

/** Data files in JSON Lines or JSON, and source trees made from PyPI's source distributions. */
export function createDatasets(options: Host & { readonly sweBench: SweBenchSettings }): Datasets {
  const { cacheDir, python } = options;
  // Two callers of this process share the making of a tree.
  const making = new Map<string, Promise<string>>();

  async function load(
    path: string,
    { requireNonZeroTests }: { readonly requireNonZeroTests: boolean },
  ): Promise<DatasetPage> {
    const all = parseInstanceFile(await readData(path), path, options.sweBench);
    const instances = requireNonZeroTests ? all.filter(hasBothLists) : all;
    return { instances, droppedWithoutTests: all.length - instances.length };
  }

  async function prepareTree(instance: Instance, stage: 'pristine' | 'bugged'): Promise<string | null> {
    const { source } = instance;
    if (source.kind === 'image') return null;
    const patch = stage === 'bugged' ? instance.bugPatch : null;
    const key = `${source.sha256} ${patch ?? ''}`;
    const sdist = { sha256: source.sha256, archive: async () => await fetchSdist(cacheDir, python, source) };
    const made =
      making.get(key) ??
      (patch === null
        ? pristineTree(options, sdist)
        : patchedTree(options, sdist, patch, instance.instanceId)
      ).finally(() => making.delete(key));
    making.set(key, made);
    return await made;
  }

  return { load, prepareTree };
}

function hasBothLists(instance: Instance): boolean {
  return instance.failToPass.length > 0 && instance.passToPass.length > 0;
}

async function readData(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const message = `The data file ${path} cannot be read (looked at ${resolve(path)}); expected JSON Lines or a JSON array`;
    throw new SteadfastError('Instance.Invalid', message, { cause });
  }
}
