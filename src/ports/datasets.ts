import type { Instance } from '../domain/instance.ts';
import type { DataSelection } from '../domain/run-config.ts';

/** Records that were read and what was left out. */
export interface DatasetPage {
  readonly instances: readonly Instance[];
  /** Records without FAIL_TO_PASS or PASS_TO_PASS that were dropped. */
  readonly droppedWithoutTests: number;
  /** Records read, before condition and sample. */
  readonly records: number;
  /** The commit that a data set of the hub was read at; null for files. */
  readonly revision: string | null;
}

/** What to read. */
export interface DataSource {
  readonly data: string;
  readonly selection: DataSelection;
  /** Of the sample. */
  readonly seed: number;
  readonly requireNonZeroTests: boolean;
}

/** A record with all the fields that its file gives it. */
export type RawRecord = Readonly<Record<string, unknown>>;

/** Data files and the sources of their repositories. Errors are `Instance.*`. */
export interface Datasets {
  /** `Instance.Invalid` names the file, the record and the field; a data set that cannot be had is `Instance.SourceMissing`. */
  load(source: DataSource, signal?: AbortSignal): Promise<DatasetPage>;
  /**
   * A folder on this host with the repository as a rollout finds it: source unpacked, `patches` applied in order.
   * Made once and kept by content. Null where the source is an image.
   */
  prepareTree(instance: Instance, stage: 'pristine' | 'bugged'): Promise<string | null>;
  /**
   * A folder on this host with the instance's requirements, made once and kept by what they are. Null where it has none.
   * `Instance.RequirementsMissing` when they cannot be had.
   */
  prepareRequirements(instance: Instance): Promise<string | null>;
}

/** Data files as they stand. */
export interface DatasetRecords {
  /** The records of a load as the data has them, in its order, those without tests among them; a record at a time. */
  readRecords(source: DataSource, signal?: AbortSignal): AsyncIterable<RawRecord>;
}
