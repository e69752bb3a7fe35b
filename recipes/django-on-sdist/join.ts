import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/*
 * Prints SWE-bench rows of Django with the source distribution that they run from, a line each:
 * node recipes/django-on-sdist/join.ts --rows swebench.jsonl --sdists on_sdist.json [--group full]
 */

interface OnSdist {
  readonly deps: readonly string[];
  readonly sdist_sha256: Readonly<Record<string, string>>;
  readonly [group: string]: unknown;
}

interface Member {
  readonly id: string;
  readonly sdist: string;
}

/** Fields that no part of Steadfast reads. */
const LEFT_OUT = new Set(['hints_text', 'environment_setup_commit', 'created_at']);

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    sdists: { type: 'string' },
    group: { type: 'string', multiple: true, default: ['full'] },
  },
});
if (values.rows === undefined || values.sdists === undefined) {
  throw new Error(
    'expected --rows FILE.jsonl of SWE-bench and --sdists FILE.json, which says what runs from where',
  );
}
const onSdist = JSON.parse(await readFile(values.sdists, 'utf8')) as OnSdist;
const rows = new Map(
  (await readFile(values.rows, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    .map((row) => [row['instance_id'], row] as const),
);
for (const group of values.group) {
  for (const member of (onSdist[group] ?? []) as readonly Member[]) {
    process.stdout.write(`${JSON.stringify(joined(member))}\n`);
  }
}

function joined({ id, sdist }: Member): object {
  const row = rows.get(id);
  const sha256 = onSdist.sdist_sha256[sdist];
  if (row === undefined) throw new Error(`${values.rows} has no row ${id}`);
  if (sha256 === undefined) throw new Error(`${values.sdists} has no sha256 of Django ${sdist}`);
  const filename = `Django-${sdist}.tar.gz`;
  return {
    ...Object.fromEntries(Object.entries(row).filter(([field]) => !LEFT_OUT.has(field))),
    source: { kind: 'pypi-sdist', name: 'Django', version: sdist, filename, sha256 },
    requirements: onSdist.deps,
  };
}
