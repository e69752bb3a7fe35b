import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { createLoader } from '../src/adapters/datasets/load/loader.ts';
import { loadConfig } from '../src/config.ts';
import { toolPaths } from '../src/local/setup/paths.mjs';

/*
 * How long it takes to filter a data file of 10,000 rows by an expression and draw a sample of it, and at what peak of
 * memory, each time in a process of its own, beside a whole read by hyparquet and two reads by pyarrow:
 *
 *     node bench/data.ts [RECORDS.jsonl] [--rows 10000] [--sample 100] [--runs 5]
 *
 * The rows are made of the records given, as large as they are. The time is from the call to its answer; of the
 * runs, the CPU time is the least and the memory the most.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '10000' },
    sample: { type: 'string', default: '100' },
    runs: { type: 'string', default: '5' },
    read: { type: 'string' },
  },
});
const STARS = 50;
const WHERE: Readonly<Record<string, string>> = {
  'one column': `stars >= ${STARS}`,
  'the lists': `stars >= ${STARS} && size(FAIL_TO_PASS) < 10 && PASS_TO_PASS.exists(test, test.contains("::"))`,
};

interface Measured {
  readonly seconds: number;
  /** Of all cores: what a busy machine does not change. */
  readonly cpu: number;
  readonly megabytes: number;
  readonly instances: number;
}

const run = promisify(execFile);
const config = loadConfig();
const here = fileURLToPath(import.meta.url);
const peer = ['run', '-q', '--script', fileURLToPath(new URL('data_peer.py', import.meta.url))];
const { uv } = toolPaths(config.cache);

if (values.read === undefined) await compare();
else await measure(values.read, positionals[0] ?? '');

/** In a process of its own: one read. */
async function measure(how: string, path: string): Promise<void> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const instances = how === 'naive' ? await readNaively(path) : await readByLoader(path, how);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  const measured: Measured = { seconds, cpu, megabytes: process.resourceUsage().maxRSS / 1024, instances };
  console.log(JSON.stringify(measured));
}

async function readByLoader(path: string, how: string): Promise<number> {
  const load = createLoader({ sweBench: config.sweBench, hub: config.hub, cacheDir: config.cache });
  const where = WHERE[how] ?? null;
  const selection = { split: null, revision: null, where, sample: Number(values.sample) };
  return (await load({ data: path, selection, seed: 1, requireNonZeroTests: true })).instances.length;
}

async function readNaively(path: string): Promise<number> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
  return rows.filter((one) => Number(one['stars']) >= STARS).slice(0, Number(values.sample)).length;
}

async function compare(): Promise<void> {
  const records = positionals[0] ?? 'examples/train.jsonl';
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-bench-data-'));
  try {
    console.log(
      `${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; ${values.rows} rows of ${records}`,
    );
    console.log(['file', 'read', 'median s', 'most s', 'CPU s', 'peak MB', 'instances'].map(padded).join(''));
    for (const form of ['groups', 'whole', 'text']) {
      const path = join(folder, `${form}.parquet`);
      const made = await run(uv, [...peer, 'make', records, values.rows, path, form], { maxBuffer: 2 ** 20 });
      const { bytes } = JSON.parse(made.stdout) as { readonly bytes: number };
      const name = `${form} ${(bytes / 1e6).toFixed(0)} MB`;
      for (const how of Object.keys(WHERE))
        await row(name, `steadfast, ${how}`, [process.execPath, here, path, ...options(how)]);
      await row(name, 'hyparquet, whole', [process.execPath, here, path, ...options('naive')]);
      for (const how of ['whole', 'columns']) {
        await row(name, `pyarrow, ${how}`, [uv, ...peer, 'read', path, how, String(STARS), values.sample]);
      }
      if (form === 'groups') await jsonLines(folder, records, name);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The same rows as JSON Lines, which are streamed. */
async function jsonLines(folder: string, records: string, name: string): Promise<void> {
  const path = join(folder, 'rows.jsonl');
  const known = (await readFile(records, 'utf8')).split('\n').filter((line) => line !== '');
  await writeFile(path, '');
  const file = await open(path, 'a');
  for (let i = 0; i < Number(values.rows); i++) {
    const record = JSON.parse(known[i % known.length] ?? '{}') as object;
    await file.appendFile(`${JSON.stringify({ ...record, stars: i % 100 })}\n`);
  }
  await file.close();
  await row(name, 'steadfast, as JSONL', [process.execPath, here, path, ...options('one column')]);
}

function options(how: string): string[] {
  return ['--read', how, '--sample', values.sample];
}

async function row(file: string, read: string, [program = '', ...args]: readonly string[]): Promise<void> {
  const all: Measured[] = [];
  for (let i = 0; i < Number(values.runs); i++) {
    all.push(JSON.parse((await run(program, args)).stdout) as Measured);
  }
  const seconds = all.map((one) => one.seconds).toSorted((a, b) => a - b);
  const cpu = Math.min(...all.map((one) => one.cpu));
  const peak = Math.max(...all.map((one) => one.megabytes));
  const cells = [
    seconds[seconds.length >> 1]?.toFixed(2),
    seconds.at(-1)?.toFixed(2),
    cpu.toFixed(2),
    peak.toFixed(0),
    all[0]?.instances,
  ];
  console.log([file, read, ...cells].map(padded).join(''));
}

function padded(cell: string | number | undefined, column: number): string {
  const width = column === 1 ? 24 : 15;
  return String(cell).padEnd(width);
}
