import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';

/** Makes a cache folder with all that set-up has installed but the policy server's environment, as `--without-trainer` leaves it. */
export function cacheWithoutTrainer(folder: string): string {
  const { cache } = loadConfig();
  const trainer = basename(toolPaths(cache).trainerEnv);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(cache))
    if (name !== trainer) symlinkSync(join(cache, name), join(folder, name));
  return folder;
}
