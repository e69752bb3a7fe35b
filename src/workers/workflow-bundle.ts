import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const SOURCE = fileURLToPath(new URL('..', import.meta.url));
/** From source in a checkout, compiled in a package: workflows stand beside this file's folder in either. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
/** What the workflows are made of: the rooms that they may import. */
const ROOMS = ['workflows', 'domain'];

/** Path of the bundled workflows below the cache; bundled once for each content, which takes a second or more. */
export async function workflowBundlePath(cache: string): Promise<string> {
  const path = join(cache, `workflows-${await contentHash()}.js`);
  if (existsSync(path)) return path;
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(SOURCE, `workflows/index.${EXTENSION}`),
    logger: new DefaultLogger('WARN'),
  });
  await mkdir(cache, { recursive: true });
  const draft = `${path}.${process.pid}`;
  try {
    await writeFile(draft, code);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  return path;
}

/** Of the files and of the SDK, whose part of the bundle changes with its version. */
async function contentHash(): Promise<string> {
  const { version } = createRequire(import.meta.url)('@temporalio/workflow/package.json') as {
    version: string;
  };
  const hash = createHash('sha256').update(version);
  for (const room of ROOMS) {
    for (const file of (await readdir(join(SOURCE, room), { recursive: true })).toSorted()) {
      if (file.endsWith(`.${EXTENSION}`)) hash.update(file).update(await readFile(join(SOURCE, room, file)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
