import type { Instance, Source } from '../../domain/instance.ts';
import type { DatasetRecords, Datasets } from '../../ports/datasets.ts';
import { folderOrigin } from './folder-source.ts';
import { gitOrigin } from './git-source.ts';
import { createLoader, type LoaderOptions } from './load/loader.ts';
import { createRecordReader } from './load/raw-records.ts';
import { Shared } from './made-once.ts';
import { requirementsFolder } from './requirements.ts';
import { sdistOrigin } from './sdists.ts';
import { patchedTree, pristineTree, type Host, type Origin } from './trees.ts';

/** Data files, the source trees of their instances, and the packages that their tests need. */
export function createDatasets(options: Host & LoaderOptions): Datasets & DatasetRecords {
  const trees = new Shared();
  const requirements = new Shared();

  async function prepareTree(instance: Instance, stage: 'pristine' | 'bugged'): Promise<string | null> {
    const origin = originOf(options, instance.source);
    if (origin === null) return null;
    const patch = stage === 'bugged' ? instance.bugPatch : null;
    return await trees.of(JSON.stringify([...origin.name, patch]), async () =>
      patch === null
        ? await pristineTree(options, origin)
        : await patchedTree(options, origin, patch, instance.instanceId),
    );
  }

  async function prepareRequirements(instance: Instance): Promise<string | null> {
    if (instance.requirements.length === 0) return null;
    const tree = await prepareTree(instance, 'pristine');
    const key = JSON.stringify([tree, ...instance.requirements.toSorted()]);
    return await requirements.of(key, async () => await requirementsFolder(options, instance, tree));
  }

  return {
    load: createLoader(options),
    readRecords: createRecordReader(options),
    prepareTree,
    prepareRequirements,
  };
}

/** Null where an image holds the repository. */
function originOf(host: Host, source: Source): Origin | null {
  if (source.kind === 'pypi-sdist') return sdistOrigin(host, source);
  if (source.kind === 'git') return gitOrigin(host, source);
  return source.kind === 'folder' ? folderOrigin(source) : null;
}
