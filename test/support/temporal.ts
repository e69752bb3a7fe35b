import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { loadConfig } from '../../src/config.ts';
import { serverSettings } from '../../src/local/temporal-server.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { SEARCH_ATTRIBUTES } from '../../src/workflows/search-attributes.ts';

/** The `temporal` program: STEADFAST_TEMPORAL, else one on PATH, else the one that set-up has put into the cache. */
export function temporalProgram(): string {
  const { environment, cache } = loadConfig();
  const onPath = (environment['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'temporal'));
  const candidates = [environment['STEADFAST_TEMPORAL'], ...onPath, toolPaths(cache).temporal];
  const found = candidates.find((path) => path !== undefined && path !== '' && existsSync(path));
  if (found === undefined) {
    throw new Error(
      `no temporal program: set STEADFAST_TEMPORAL, or run set-up (looked at ${candidates.join(', ')})`,
    );
  }
  return found;
}

/** A development server in memory, tuned as the embedded one is. */
export async function startTemporal(
  options: { readonly searchable?: boolean } = {},
): Promise<TestWorkflowEnvironment> {
  const tuned = serverSettings.filter(({ flag }) => flag === '--dynamic-config-value');
  return await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalProgram() },
      extraArgs: tuned.flatMap(({ flag, key, value }) => [flag, `${key}=${value}`]),
      searchAttributes: options.searchable === false ? [] : Object.values(SEARCH_ATTRIBUTES),
      log: { format: 'pretty', level: 'error' },
    },
  });
}
