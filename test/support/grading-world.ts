import { wholeOf } from './instance.ts';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { GradeRequest } from '../../src/activities/grading/grade-patch.ts';
import { createFolderArtifacts } from '../../src/adapters/artifacts/folder.ts';
import { createDatasets } from '../../src/adapters/datasets/datasets.ts';
import { createBubblewrapSandbox } from '../../src/adapters/sandbox/bubblewrap/sandbox.ts';
import { loadConfig } from '../../src/config.ts';
import type { Instance } from '../../src/domain/instance.ts';
import { pythonWithPip, toolPaths } from '../../src/local/setup/paths.mjs';
import type { DatasetRecords, Datasets } from '../../src/ports/datasets.ts';
import { NO_OFFICIAL } from './no-official.ts';
import { temporaryHome } from './temporary-home.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The real data adapter over the machine's cache, or over a cache of its own. */
export function realDatasets(cacheDir?: string): Datasets & DatasetRecords {
  const { cache, environment, sweBench, hub } = loadConfig();
  return createDatasets({
    cacheDir: cacheDir ?? cache,
    python: pythonWithPip(toolPaths(cache)),
    environment,
    sweBench,
    hub,
  });
}

/** Everything that grading needs, for real: sources, a store and bubblewrap sandboxes, gone after the test. */
export function gradingWorld(t: TestContext) {
  // Before the folder goes, for an open sandbox holds mounts in it.
  t.after(async () => {
    for (const { name } of await sandbox.list()) await sandbox.close(name);
  });
  const home = temporaryHome(t);
  const datasets = realDatasets();
  const artifacts = createFolderArtifacts(join(home, 'store'));
  const sandbox = createBubblewrapSandbox({
    stateDir: join(home, 'sandboxes'),
    pythonEnv: toolPaths(loadConfig().cache).guestEnv,
  });
  let made = 0;

  /** A request to grade or judge; each has sandboxes of its own. */
  async function request(instance: Instance, patch = ''): Promise<GradeRequest> {
    return {
      sandbox,
      datasets,
      artifacts,
      official: NO_OFFICIAL,
      limits: { memoryBytes: 2 ** 30, pids: 256, cpus: 1, diskBytes: 2 ** 28 },
      run: 'grading-test',
      name: `grading-test/${made++}`,
      signal: t.signal,
      instance,
      instanceRef: await artifacts.putJson(instance),
      patch,
      rewardPower: 1.33,
      verifyShare: 0,
    };
  }

  /** The diff that an agent's edits of one file would give: `from` replaced by `to` in the bugged tree. */
  async function edit(instance: Instance, path: string, from: string, to: string): Promise<string> {
    const tree = await datasets.prepareTree(instance, 'bugged');
    const before = await readFile(join(tree ?? '', path), 'utf8');
    if (!before.includes(from)) throw new Error(`${path} does not hold ${from}`);
    return replacing(
      path,
      before,
      before.replace(from, () => to),
    );
  }

  /** The diff of an agent that adds code at a module's end. */
  async function append(instance: Instance, path: string, code: string): Promise<string> {
    const tree = await datasets.prepareTree(instance, 'bugged');
    const before = await readFile(join(tree ?? '', path), 'utf8');
    return replacing(path, before, `${before}\n\n${code}\n`);
  }

  return { datasets, artifacts, sandbox, request, edit, append };
}

/** A unified diff that replaces a file's whole content. */
export function replacing(path: string, before: string, after: string): string {
  const [old, now] = [before, after].map((text) => text.replace(/\n$/, '').split('\n'));
  const header = `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n`;
  const lines = [...(old ?? []).map((line) => `-${line}`), ...(now ?? []).map((line) => `+${line}`)];
  return `${header}@@ -1,${old?.length} +1,${now?.length} @@\n${lines.join('\n')}\n`;
}

/** A unified diff that adds a file. */
export function adding(path: string, content: string): string {
  const lines = content.replace(/\n$/, '').split('\n');
  const header = `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n`;
  return `${header}@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}`).join('\n')}\n`;
}

/** A diff the other way round: what mends a bug that `patch` made. */
export function reversed(patch: string): string {
  const swapped = patch
    .replaceAll(/^@@ -(\S+) \+(\S+) @@/gm, '@@ -$2 +$1 @@')
    .replaceAll(/^([-+])(?!(--|\+\+) [ab]\/)/gm, (sign) => (sign === '-' ? '+' : '-'));
  // Within a changed block, git wants what goes before what comes.
  return swapped.replaceAll(/((?:^\+(?!\+\+ ).*\n)+)((?:^-(?!-- ).*\n)+)/gm, '$2$1');
}

/** The shipped example whose id ends so. */
export async function example(ending: string): Promise<Instance> {
  const all = await examples();
  const found = all.find((instance) => instance.instanceId.endsWith(ending));
  if (found === undefined) throw new Error(`no example ends in ${ending}`);
  return found;
}

/** All shipped examples. */
export async function examples(): Promise<readonly Instance[]> {
  const files = (await readdir(EXAMPLES)).filter((file) => file.endsWith('.jsonl')).toSorted();
  const pages = files.map((file) => realDatasets().load(wholeOf(join(EXAMPLES, file), true)));
  return (await Promise.all(pages)).flatMap((page) => page.instances);
}
