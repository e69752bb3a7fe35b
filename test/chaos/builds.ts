import { appendFile, cp, mkdir, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/local/setup/paths.mjs';
import type { ChaosWorld } from './world.ts';

/** What of a checkout workers need beside their source. */
const BESIDE = ['node_modules', 'package.json', 'infra', 'trainer'];

/** Another build of the same code: its workflows have another bundle, and nothing that it does differs. */
export async function otherBuild(world: ChaosWorld): Promise<string> {
  const folder = join(world.root, 'build');
  if (existsSync(folder)) return folder;
  await mkdir(folder);
  await cp(join(packageRoot, 'src'), join(folder, 'src'), { recursive: true });
  await Promise.all(BESIDE.map((name) => symlink(join(packageRoot, name), join(folder, name))));
  await appendFile(join(folder, 'src/workflows/index.ts'), '// Another build.\n');
  return folder;
}
