import { dirname, resolve } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import type { Instance } from '../../../domain/instance.ts';
import type { DatasetPage, Datasets, DataSource } from '../../../ports/datasets.ts';
import { R2E_FIELDS } from '../../../schemas/instance-r2e.ts';
import { INSTANCE_FIELDS } from '../../../schemas/instance-record.ts';
import { parseInstance } from '../../../schemas/instance.ts';
import type { SweBenchSettings } from '../../../schemas/instance-image.ts';
import { digestOfFolder } from '../folder-digest.ts';
import { chooseRecords } from './choose-records.ts';
import { createHub, type HubSettings } from './hub/hub.ts';
import { locate } from './locate.ts';
import type { Located } from './located.ts';
import { openRecordFile, type FoundRecord, type RecordFile } from './record-file.ts';

/** What reading data needs of its surroundings. */
export interface LoaderOptions {
  readonly sweBench: SweBenchSettings;
  readonly hub: HubSettings;
  /** Folder of what can be had again. */
  readonly cacheDir: string;
}

const FIELDS: readonly string[] = [...new Set([...INSTANCE_FIELDS, ...R2E_FIELDS])];

/** Reads data sets: files and folders of this machine, and data sets of the Hugging Face hub. */
export function createLoader(options: LoaderOptions): Datasets['load'] {
  const hub = createHub(options.hub, options.cacheDir);

  return async ({ data, selection, seed, requireNonZeroTests }: DataSource, signal?: AbortSignal) => {
    const located = await locate(data, selection, hub, signal);
    const files: RecordFile[] = [];
    try {
      for (const { path, name } of located.files) files.push(await openRecordFile(path, name));
      const chosen = await chooseRecords(files, { data, selection, seed }, signal);
      const read = new Reading(located, options.sweBench);
      for (const [i, file] of files.entries()) {
        const folder = dirname(located.files[i]?.path ?? '');
        for await (const found of file.read({ fields: FIELDS, positions: chosen.positions[i] ?? null })) {
          signal?.throwIfAborted();
          await read.add(found, folder);
        }
      }
      const records = chosen.records ?? read.instances.length;
      if (records === 0) throw new SteadfastError('Instance.Invalid', `${data} holds no instance`);
      return pageOf(read.instances, requireNonZeroTests, records, located.revision);
    } finally {
      await Promise.all(files.map(async (file) => await file.close()));
    }
  };
}

/** The instances of one load. */
class Reading {
  readonly instances: Instance[] = [];
  /** Test ids by themselves: a repository's instances list the same thousands, and each is held once. */
  private readonly ids = new Map<string, string>();
  private readonly digests = new Map<string, Promise<string>>();
  private readonly located: Located;
  private readonly sweBench: SweBenchSettings;

  constructor(located: Located, sweBench: SweBenchSettings) {
    this.located = located;
    this.sweBench = sweBench;
  }

  async add({ record, where }: FoundRecord, folder: string): Promise<void> {
    const instance = parseInstance(record, where, this.sweBench);
    this.instances.push({
      ...instance,
      failToPass: this.shared(instance.failToPass),
      passToPass: this.shared(instance.passToPass),
      source: await this.settled(instance, where, folder),
      official: this.sharedOfficial(instance),
    });
  }

  private shared(ids: readonly string[]): readonly string[] {
    return ids.map((id) => {
      const known = this.ids.get(id);
      if (known === undefined) this.ids.set(id, id);
      return known ?? id;
    });
  }

  private sharedOfficial({ official }: Instance): Instance['official'] {
    if (official === null) return null;
    const record = Object.entries(official.record).map(([field, value]) => [
      field,
      Array.isArray(value) ? this.shared(value as readonly string[]) : value,
    ]);
    return { ...official, record: Object.fromEntries(record) as Record<string, unknown> };
  }

  /** A folder's place, relative to the data file, and the digest of its content. */
  private async settled(
    { instanceId, source }: Instance,
    where: string,
    folder: string,
  ): Promise<Instance['source']> {
    const isHere = source.kind === 'folder' || (source.kind === 'git' && source.url.startsWith('file:'));
    if (isHere && !this.located.mayNameFolders) {
      const place = source.kind === 'folder' ? `path is ${source.path}` : `url is ${source.url}`;
      const message = `${where}: instance ${instanceId}: source.${place}; expected no folder of this machine in a data set from the hub`;
      throw new SteadfastError('Instance.Invalid', message);
    }
    if (source.kind !== 'folder') return source;
    const path = resolve(folder, source.path);
    const digest = this.digests.get(path) ?? digestOfFolder(path);
    this.digests.set(path, digest);
    return { kind: 'folder', path, digest: await digest };
  }
}

function pageOf(
  all: readonly Instance[],
  requireNonZeroTests: boolean,
  records: number,
  revision: string | null,
): DatasetPage {
  const instances = requireNonZeroTests
    ? all.filter(({ failToPass, passToPass }) => failToPass.length > 0 && passToPass.length > 0)
    : all;
  return { instances, droppedWithoutTests: all.length - instances.length, records, revision };
}
