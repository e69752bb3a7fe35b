import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { judge } from '../src/activities/grading/judge.ts';
import { createFolderArtifacts } from '../src/adapters/artifacts/folder.ts';
import { createDeps } from '../src/workers/deps.ts';
import { loadConfig } from '../src/config.ts';

/*
 * Judges every instance of a data file by the quality filter and times it:
 *
 *     node bench/filter.ts DATA [EXPECTATIONS] [RUNS_WITH_THE_BUG] [AT_ONCE]
 *
 * EXPECTATIONS is JSON: instances[instance_id] = {expect, acceptable_reasons?}. Prints each disagreement, the share of
 * agreement, counts by reason, and seconds an instance. Nothing is taken from a cache but sources and trees.
 */

interface Expectation {
  readonly expect: 'accept' | 'reject';
  readonly acceptable_reasons?: readonly string[];
}

const [data = 'examples/train.jsonl', expectations, buggyRuns = '2', atOnce = '2'] = process.argv.slice(2);
const expected =
  expectations === undefined
    ? null
    : (JSON.parse(readFileSync(expectations, 'utf8')) as { instances: Record<string, Expectation> })
        .instances;
const folder = await mkdtemp(join(tmpdir(), 'steadfast-bench-'));
const { datasets, sandboxes } = createDeps({ ...loadConfig(), home: folder });
const artifacts = createFolderArtifacts(join(folder, 'store'));
const sandbox = await sandboxes.choose('auto').catch(async () => await sandboxes.choose('bubblewrap'));
const { instances } = await datasets.load(data, { requireNonZeroTests: false });
const reasons = new Map<string, number>();
const seconds: number[] = [];
const queue = instances.entries();
let agreed = 0;

async function work(): Promise<void> {
  for (const [i, instance] of queue) {
    const startedAt = performance.now();
    const judgement = await judge({
      sandbox,
      datasets,
      artifacts,
      instance,
      instanceRef: await artifacts.putJson(instance),
      buggyRuns: Number(buggyRuns),
      limits: { memoryBytes: 2 ** 31, pids: 512, cpus: 1, diskBytes: 2 ** 29 },
      run: 'bench-filter',
      name: `bench-filter/${i}`,
      signal: new AbortController().signal,
    });
    seconds.push((performance.now() - startedAt) / 1000);
    const reason = judgement.reason ?? 'accepted';
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    const wanted = expected?.[instance.instanceId];
    const agrees =
      wanted?.expect === judgement.verdict &&
      (judgement.verdict === 'accept' || wanted.acceptable_reasons?.includes(reason) === true);
    if (agrees) agreed++;
    else if (wanted !== undefined) {
      const asked = [wanted.expect, ...(wanted.acceptable_reasons ?? [])].join(' ');
      console.log(`${instance.instanceId}: ${reason} (expected ${asked}) ${judgement.detail}`);
    }
  }
}

try {
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: Number(atOnce) }, work));
  const whole = (performance.now() - startedAt) / 1000;
  const sorted = seconds.toSorted((a, b) => a - b);
  console.log(`${instances.length} instances in ${whole.toFixed(0)} s by ${sandbox.kind}, ${atOnce} at once`);
  console.log(
    `seconds an instance: median ${sorted[sorted.length >> 1]?.toFixed(1)}, most ${sorted.at(-1)?.toFixed(1)}`,
  );
  if (expected !== null) console.log(`agreement: ${agreed} of ${instances.length}`);
  for (const [reason, count] of reasons) console.log(`${String(count).padStart(6)} ${reason}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
