import type { Instance } from '../domain/instance.ts';

/** Records that were read and what was left out. */
export interface DatasetPage {
  readonly instances: readonly Instance[];
  /** Records without FAIL_TO_PASS or PASS_TO_PASS that were dropped. */
  readonly droppedWithoutTests: number;
}

/** Data files and the sources of their repositories. Errors are `Instance.*`. */
export interface Datasets {
  load(path: string, options: { readonly requireNonZeroTests: boolean }): Promise<DatasetPage>;
  /**
   * A folder on this host with the repository as a rollout finds it: source unpacked, `patches` applied in order.
   * Made once and kept by content. Null where the source is an image.
   */
  prepareTree(instance: Instance, stage: 'pristine' | 'bugged'): Promise<string | null>;
}
