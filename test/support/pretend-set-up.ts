import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { toolPaths } from '../../src/local/setup/paths.mjs';

/** Empty files in the places of what set-up installs: enough for those who only look whether it is there. */
export function pretendSetUp(cache: string): void {
  const { temporal, trainerPython } = toolPaths(cache);
  for (const file of [temporal, trainerPython]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  }
}
