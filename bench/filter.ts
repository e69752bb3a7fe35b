import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { judge } from '../src/activities/grading/judge.ts';
import { createFolderArtifacts } from '../src/adapters/artifacts/folder.ts';
import { loadConfig } from '../src/config.ts';
import { WHOLE_DATA } from '../src/domain/run-config.ts';
import { createDeps } from '../src/workers/deps.ts';
import { sandboxLimits } from '../src/workers/host.ts';
import { metered } from './sandbox-cpu.ts';

/*
 * Judges every instance of a data file by the quality filter, from a cold cache of verdicts and runs:
 *
 *     node bench/filter.ts [DATA] [--expect EXPECTATIONS] [--sandbox auto|docker|bubblewrap] [--at-once 2] [--flake-chance 0.01]
 *
 * EXPECTATIONS is JSON: instances[instance_id] = {expect, acceptable_reasons?}. Prints each disagreement, counts by reason,
 * runs of tests made, seconds by the clock, and CPU seconds, which say how long an idle machine takes. Sources and trees
 * are taken from the cache.
 */

interface Expectation {
  readonly expect: 'accept' | 'reject';
  readonly acceptable_reasons?: readonly string[];
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    expect: { type: 'string' },
    sandbox: { type: 'string', default: 'auto' },
    'at-once': { type: 'string', default: '2' },
    'flake-chance': { type: 'string', default: '0.01' },
  },
});
const [data = 'examples/train.jsonl'] = positionals;
const expected =
  values.expect === undefined
    ? null
    : (JSON.parse(readFileSync(values.expect, 'utf8')) as { instances: Record<string, Expectation> })
        .instances;
if (values.sandbox !== 'auto' && values.sandbox !== 'docker' && values.sandbox !== 'bubblewrap') {
  throw new Error(`--sandbox ${values.sandbox}: expected auto, docker or bubblewrap`);
}

const folder = await mkdtemp(join(tmpdir(), 'steadfast-bench-'));
const { datasets, sandboxes, official } = createDeps({ ...loadConfig(), home: folder });
const artifacts = createFolderArtifacts(join(folder, 'store'));
const chosen = await sandboxes.choose(values.sandbox);
const meter = metered(chosen);
const { instances } = await datasets.load({
  data,
  selection: WHOLE_DATA,
  seed: 0,
  requireNonZeroTests: false,
});
const reasons = new Map<string, number>();
const seconds: number[] = [];
const queue = instances.entries();
let agreed = 0;

async function work(): Promise<void> {
  for (const [i, instance] of queue) {
    const startedAt = performance.now();
    const judgement = await judge({
      sandbox: meter.sandbox,
      datasets,
      artifacts,
      official,
      instance,
      instanceRef: await artifacts.putJson(instance),
      flakeChance: Number(values['flake-chance']),
      limits: sandboxLimits(),
      run: 'bench-filter',
      name: `bench-filter/${i}`,
      signal: new AbortController().signal,
    });
    const took = (performance.now() - startedAt) / 1000;
    seconds.push(took);
    const reason = judgement.reason ?? 'accepted';
    console.error(
      `${seconds.length} of ${instances.length}: ${instance.instanceId} ${reason}, ${took.toFixed(0)} s; ${meter.runs()} runs, ${meter.cpuSeconds().tests.toFixed(0)} CPU s so far`,
    );
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
  await Promise.all(Array.from({ length: Number(values['at-once']) }, work));
  const whole = (performance.now() - startedAt) / 1000;
  const sorted = seconds.toSorted((a, b) => a - b);
  console.log(`${instances.length} instances by ${chosen.kind}, ${values['at-once']} at once`);
  const { tests, own } = meter.cpuSeconds();
  console.log(
    `${whole.toFixed(0)} s by the clock; CPU seconds (user and system): tests ${tests.toFixed(0)}, this process ${own.toFixed(0)}`,
  );
  console.log(`${meter.runs()} runs of tests in ${meter.openings()} sandboxes`);
  console.log(
    `seconds an instance: median ${sorted[sorted.length >> 1]?.toFixed(1)}, most ${sorted.at(-1)?.toFixed(1)}`,
  );
  if (expected !== null) console.log(`as expected: ${agreed} of ${instances.length}`);
  for (const [reason, count] of reasons) console.log(`${String(count).padStart(6)} ${reason}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
