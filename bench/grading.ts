import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gradePatch } from '../src/activities/grading/grade-patch.ts';
import { createFolderArtifacts } from '../src/adapters/artifacts/folder.ts';
import { loadConfig } from '../src/config.ts';
import { SteadfastError } from '../src/domain/failures.ts';
import { WHOLE_DATA } from '../src/domain/run-config.ts';
import { deriveSeed } from '../src/domain/seeds.ts';
import type { Artifacts } from '../src/ports/artifacts.ts';
import { createDeps } from '../src/workers/deps.ts';
import { sandboxLimits } from '../src/workers/host.ts';
import { reversed } from '../test/support/grading-world.ts';
import { HOST_FAULTS, faulty, type PlannedFault } from './host-faults.ts';

/*
 * Grades gold patches while their hosts fail under a tenth of them:
 *
 *     node bench/grading.ts [DATA] [--count 200] [--faults 0.1] [--at-once 2] [--sandbox auto|docker|bubblewrap] [--seed 0]
 *
 * Each grading must come to 1.0, or to a typed failure without a reward; anything else is printed and makes it exit 1.
 * The tests of an untouched tree are run once an instance; no other run is taken from a cache.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '200' },
    faults: { type: 'string', default: '0.1' },
    'at-once': { type: 'string', default: '2' },
    sandbox: { type: 'string', default: 'auto' },
    seed: { type: 'string', default: '0' },
  },
});
const [data = 'examples/train.jsonl'] = positionals;
const { sandbox: choice } = values;
if (choice !== 'auto' && choice !== 'docker' && choice !== 'bubblewrap') {
  throw new Error(`--sandbox ${choice}: expected auto, docker or bubblewrap`);
}
const count = Number(values.count);

const folder = await mkdtemp(join(tmpdir(), 'steadfast-bench-'));
const { datasets, sandboxes, official } = createDeps({ ...loadConfig(), home: folder });
const store = createFolderArtifacts(join(folder, 'store'));
const sandbox = await sandboxes.choose(choice);
const { instances } = await datasets.load({
  data,
  selection: WHOLE_DATA,
  seed: 0,
  requireNonZeroTests: true,
});
const baselines = new Map<number, Promise<void>>();
const indices = Array.from({ length: count }, (_, i) => i).values();
const rows = new Map<string, { full: number; failed: Map<string, number>; wrong: number; missed: number }>();
let done = 0;

/** Of every tenth grading, drawn by the seed: each kind in its turn, in one of the grading's runs of tests. */
function plan(i: number): PlannedFault | null {
  const draw = (what: string, below: number): number => deriveSeed(values.seed, what, i) % below;
  if (draw('whether', 1000) >= Number(values.faults) * 1000) return null;
  const fault = HOST_FAULTS[draw('which', HOST_FAULTS.length)]!;
  return { fault, run: draw('run', 2), afterMs: 50 + draw('after', 1500) };
}

/** The store with a cache of this grading's own, beside what is known of untouched trees. */
function ownCache(): Artifacts {
  const own = new Map<string, unknown>();
  return {
    ...store,
    getCached: async (kind, key) => own.get(`${kind} ${key}`) ?? (await store.getCached(kind, key)),
    putCached: async (kind, key, value) => void own.set(`${kind} ${key}`, value),
  };
}

async function grade(i: number): Promise<void> {
  const at = i % instances.length;
  const instance = instances[at]!;
  const instanceRef = await store.putJson(instance);
  const request = {
    datasets,
    official,
    instance,
    instanceRef,
    limits: sandboxLimits(),
    run: 'bench-grading',
    rewardPower: 1.33,
    verifyShare: 0,
    signal: new AbortController().signal,
  };
  const untouched = {
    ...request,
    sandbox,
    artifacts: store,
    name: `bench-grading/untouched-${at}`,
    patch: '',
  };
  if (!baselines.has(at))
    baselines.set(
      at,
      gradePatch(untouched).then(() => undefined),
    );
  await baselines.get(at);
  const planned = plan(i);
  const { sandbox: hit, met } = faulty(sandbox, planned);
  const patch = instance.goldPatch ?? reversed(instance.bugPatch ?? '');
  const result = await gradePatch({
    ...request,
    sandbox: hit,
    artifacts: ownCache(),
    name: `bench-grading/${i}`,
    patch,
  }).catch((error: unknown) => error);
  note(planned?.fault ?? 'none', met(), result, instance.instanceId);
}

function note(fault: string, met: boolean, result: unknown, id: string): void {
  const row = rows.get(fault) ?? { full: 0, failed: new Map<string, number>(), wrong: 0, missed: 0 };
  rows.set(fault, row);
  if (!met) row.missed += 1;
  const reward = result instanceof Error ? null : (result as { readonly reward: number }).reward;
  if (reward === 1) row.full += 1;
  else if (result instanceof SteadfastError && fault !== 'none') {
    row.failed.set(result.type, (row.failed.get(result.type) ?? 0) + 1);
  } else {
    row.wrong += 1;
    console.log(
      `${fault}, ${id}: ${result instanceof Error ? (result.stack ?? result.message) : JSON.stringify(result).slice(0, 4000)}`,
    );
  }
  console.error(`${++done} of ${count}: ${fault}, ${reward ?? (result as Error).name}`);
}

async function work(): Promise<void> {
  for (const i of indices) await grade(i);
}

try {
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
} finally {
  for (const { name } of await sandbox.list()) {
    if (name.startsWith('bench-grading/')) await sandbox.close(name);
  }
  await official.close();
  await rm(folder, { recursive: true, force: true });
}

console.log(`| fault (${sandbox.kind}) | gradings | 1.0 | typed failure | anything else | fault not met |`);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const [fault, { full, failed, wrong, missed }] of rows) {
  const types = [...failed].map(([type, times]) => `${times} ${type}`).join(', ');
  const total = full + wrong + [...failed.values()].reduce((sum, times) => sum + times, 0);
  console.log(`| ${fault} | ${total} | ${full} | ${types || 0} | ${wrong} | ${missed} |`);
}
process.exitCode = [...rows.values()].some(({ wrong }) => wrong > 0) ? 1 : 0;
