import { fileURLToPath } from 'node:url';
import { createLoader, type LoaderOptions } from '../../src/adapters/datasets/load/loader.ts';
import { SteadfastError } from '../../src/domain/failures.ts';
import { WHOLE_DATA, type DataSelection } from '../../src/domain/run-config.ts';
import type { DatasetPage } from '../../src/ports/datasets.ts';

/** Data files of one content in several formats; made by make.py beside them. */
export const PARQUET = fileURLToPath(new URL('../integration/datasets/parquet/', import.meta.url));

/** A hub that nothing listens for. */
export const NO_HUB: LoaderOptions['hub'] = {
  url: 'http://127.0.0.1:9',
  token: null,
  tokenFile: '/nonexistent/token',
  folder: '/nonexistent/hub',
  retryDelaysMs: [],
};

/** Loads data by the real loader; whatever is not said takes all records. */
export async function load(
  data: string,
  selection: Partial<DataSelection> & { readonly seed?: number; readonly requireNonZeroTests?: boolean } = {},
  options: Partial<LoaderOptions> = {},
): Promise<DatasetPage> {
  const { seed = 0, requireNonZeroTests = false, ...chosen } = selection;
  const loader = createLoader({
    sweBench: { imageNamespace: null },
    hub: NO_HUB,
    cacheDir: '/nonexistent/cache',
    ...options,
  });
  return await loader({ data, selection: { ...WHOLE_DATA, ...chosen }, seed, requireNonZeroTests });
}

/** The ids of what is loaded, in order. */
export async function loadedIds(...of: Parameters<typeof load>): Promise<string[]> {
  return (await load(...of)).instances.map(({ instanceId }) => instanceId);
}

/** Whether an error is of a type and says something. */
export function typed(type: string, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    if (error instanceof SteadfastError && error.type === type && pattern.test(error.message)) return true;
    throw error;
  };
}
