import { SteadfastError } from '../domain/failures.ts';
import type { Instance, InstanceFormat, Source } from '../domain/instance.ts';
import { sweSmithImage, unnamedImage, type SweBenchSettings } from './instance-image.ts';
import { languageOfPatch } from './instance-language.ts';
import { officialOf } from './instance-official.ts';
import { fromR2e, idOfR2e, isR2eRecord } from './instance-r2e.ts';
import {
  cut,
  instanceRecordSchema,
  isRecord,
  recordProblems,
  requirementsRecordSchema,
  type InstanceRecord,
} from './instance-record.ts';
import { runnerOf } from './instance-runner.ts';

/**
 * Reads one record of any family into an Instance; throws `Instance.Invalid` that names `where` it stands, the instance,
 * and each bad field with its value and what was expected.
 *
 * A record with a `test_patch` is of SWE-bench's family (SWE-Gym, SWE-rebench and R2E-Gym too), and its `patch` is the
 * fix; a record with a source or an SWE-smith image alone has a `patch` that makes the bug. Test ids stay as they stand.
 * A folder's digest is left empty: whoever reads the data knows where the folder is.
 */
export function parseInstance(record: unknown, where: string, settings: SweBenchSettings): Instance {
  if (!isRecord(record))
    throw invalid(where, null, [`expected an object, got ${cut(JSON.stringify(record))}`]);
  if (!isR2eRecord(record)) return parseRecord(record, where, settings);
  const made = fromR2e(record);
  if ('problems' in made) throw invalid(where, record['docker_image'], made.problems);
  return parseRecord(made.record, where, settings);
}

/** The id of the instance that a record of any family is read into; null where there is none to be had. */
export function instanceIdOf(record: Readonly<Record<string, unknown>>): string | null {
  const id = isR2eRecord(record) ? idOfR2e(record) : record['instance_id'];
  return typeof id === 'string' ? id : null;
}

function parseRecord(
  record: Readonly<Record<string, unknown>>,
  where: string,
  settings: SweBenchSettings,
): Instance {
  const result = instanceRecordSchema.safeParse(record);
  if (!result.success) {
    const unsourced = [...Object.keys(IMAGE_FIELDS), 'source', 'test_patch'].every((field) => !record[field]);
    const problems = recordProblems(record, result.error);
    throw invalid(where, record['instance_id'], unsourced ? [...problems, NO_SOURCE] : problems);
  }
  const wire = result.data;
  const format = formatOf(wire);
  if (format === null) throw invalid(where, wire.instance_id, [NO_SOURCE]);
  const source = sourceOf(wire, format, settings);
  const fixes = format === 'swe-bench';
  const language = wire.language ? wire.language.toLowerCase() : languageOfPatch(wire.patch);
  const failToPass = [...new Set(wire.FAIL_TO_PASS)];
  const passToPass = [...new Set(wire.PASS_TO_PASS)];
  return {
    instanceId: wire.instance_id,
    format,
    repo: wire.repo,
    problemStatement: wire.problem_statement ?? '',
    failToPass,
    passToPass,
    source,
    bugPatch: fixes ? null : wire.patch,
    goldPatch: fixes ? wire.patch : null,
    testPatch: fixes ? (wire.test_patch ?? null) : null,
    baseCommit: wire.base_commit ?? null,
    language,
    requirements: source.kind === 'image' ? [] : requirementsOf(record, where, wire.instance_id),
    runner: runnerOf(language, wire.repo, [...failToPass, ...passToPass]),
    official: officialOf(wire, format, source.kind === 'image' ? source.image : imageNamed(wire)),
  };
}

const IMAGE_FIELDS = { image: true, image_name: true, docker_image: true } as const;

const NO_SOURCE =
  'it has no source; expected `source` (a PyPI source distribution, a git commit or a folder), `image_name` (SWE-smith) or `test_patch` (SWE-bench)';

function imageNamed(wire: InstanceRecord): string | null {
  return wire.image || wire.image_name || wire.docker_image || null;
}

function formatOf(wire: InstanceRecord): InstanceFormat | null {
  // An empty test_patch still marks SWE-bench's family: no other record carries the field.
  if (typeof wire.test_patch === 'string') return 'swe-bench';
  if (wire.source?.kind === 'pypi-sdist') return 'pypi-sdist';
  return wire.source || imageNamed(wire) !== null ? 'swe-smith' : null;
}

function sourceOf(wire: InstanceRecord, format: InstanceFormat, settings: SweBenchSettings): Source {
  const { source } = wire;
  if (source) return source.kind === 'folder' ? { ...source, digest: '' } : source;
  const named = imageNamed(wire);
  if (format === 'swe-bench') {
    return { kind: 'image', image: named ?? unnamedImage(wire.instance_id, wire.repo, settings) };
  }
  return { kind: 'image', image: sweSmithImage(named ?? '') };
}

/** Pip requirements of a record that brings no image, under either of the names that data sets use. */
function requirementsOf(
  record: Readonly<Record<string, unknown>>,
  where: string,
  instanceId: string,
): readonly string[] {
  const result = requirementsRecordSchema.safeParse(record);
  if (!result.success) throw invalid(where, instanceId, recordProblems(record, result.error));
  return [...new Set(result.data.requirements ?? result.data.extra_deps ?? [])];
}

function invalid(where: string, instanceId: unknown, problems: readonly string[]): SteadfastError {
  const name =
    typeof instanceId === 'string' && instanceId !== ''
      ? `instance ${cut(instanceId)}`
      : 'an instance without instance_id';
  return new SteadfastError('Instance.Invalid', `${where}: ${name}: ${problems.slice(0, 5).join('; ')}`);
}
