import type { FilterConfig } from '../../src/domain/filter-summary.ts';
import { WHOLE_DATA } from '../../src/domain/run-config.ts';

/** The config of a filter of stubs. */
export const STUB_FILTER: Omit<FilterConfig, 'run'> = {
  data: 'data.jsonl',
  selection: WHOLE_DATA,
  seed: 7,
  sandbox: 'auto',
  concurrency: 4,
  flakeChance: 0.01,
  heartbeatSeconds: 10,
};
