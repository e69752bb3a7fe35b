import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { lockHash, toolPaths } from '../../src/local/setup/paths.mjs';
import { stamp } from '../../src/local/setup/stamp.mjs';

/** Empty files in the places of what set-up installs: enough for those who only look whether it is there. */
export function pretendSetUp(cache: string): void {
  const { temporal, trainerLock, trainerEnv, trainerPython } = toolPaths(cache);
  for (const file of [temporal, trainerPython]) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
  }
  stamp(trainerEnv, lockHash(trainerLock));
}
