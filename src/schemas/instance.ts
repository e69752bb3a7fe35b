import { SteadfastError } from '../domain/failures.ts';
import type { Instance, InstanceFormat, Source } from '../domain/instance.ts';
import { sweBenchImage, sweSmithImage, type SweBenchSettings } from './instance-image.ts';
import {
  cut,
  instanceRecordSchema,
  isRecord,
  recordProblems,
  type InstanceRecord,
} from './instance-record.ts';

/**
 * Reads one record of any of the three families into an Instance; throws `Instance.Invalid` that names `where` it
 * stands, the instance, and each bad field with its value and what was expected.
 *
 * A record with a source distribution or an SWE-smith image has a `patch` that makes the bug; a record with a
 * `test_patch` is SWE-bench's, and its `patch` is the fix.
 */
export function parseInstance(record: unknown, where: string, settings: SweBenchSettings): Instance {
  if (!isRecord(record))
    throw invalid(where, null, [`expected an object, got ${cut(JSON.stringify(record))}`]);
  const result = instanceRecordSchema.safeParse(record);
  if (!result.success) {
    const unsourced = ['source', 'image', 'image_name', 'test_patch'].every((field) => !record[field]);
    const problems = recordProblems(record, result.error);
    throw invalid(where, record['instance_id'], unsourced ? [...problems, NO_SOURCE] : problems);
  }
  const wire = result.data;
  const format = formatOf(wire);
  const source = format === null ? null : sourceOf(wire, format, settings);
  if (format === null || source === null) throw invalid(where, wire.instance_id, [NO_SOURCE]);
  const fixes = format === 'swe-bench';
  return {
    instanceId: wire.instance_id,
    format,
    repo: wire.repo,
    problemStatement: wire.problem_statement ?? '',
    failToPass: [...new Set(wire.FAIL_TO_PASS)],
    passToPass: [...new Set(wire.PASS_TO_PASS)],
    source,
    bugPatch: fixes ? null : wire.patch,
    goldPatch: fixes ? wire.patch : null,
    testPatch: fixes ? (wire.test_patch ?? null) : null,
    baseCommit: wire.base_commit ?? null,
    language: (wire.language ?? 'python').toLowerCase(),
  };
}

const NO_SOURCE =
  'it has no source; expected `source` (a PyPI source distribution), `image_name` (SWE-smith) or `test_patch` (SWE-bench)';

function formatOf(wire: InstanceRecord): InstanceFormat | null {
  if (wire.source) return 'pypi-sdist';
  // An empty test_patch still marks SWE-bench's family: no other record carries the field.
  if (typeof wire.test_patch === 'string') return 'swe-bench';
  return wire.image_name || wire.image ? 'swe-smith' : null;
}

function sourceOf(wire: InstanceRecord, format: InstanceFormat, settings: SweBenchSettings): Source | null {
  if (wire.source) return wire.source;
  const named = wire.image || wire.image_name;
  if (format === 'swe-bench') {
    return { kind: 'image', image: named || sweBenchImage(wire.instance_id, settings) };
  }
  return named ? { kind: 'image', image: sweSmithImage(named) } : null;
}

function invalid(where: string, instanceId: unknown, problems: readonly string[]): SteadfastError {
  const name =
    typeof instanceId === 'string' && instanceId !== ''
      ? `instance ${cut(instanceId)}`
      : 'an instance without instance_id';
  return new SteadfastError('Instance.Invalid', `${where}: ${name}: ${problems.slice(0, 5).join('; ')}`);
}
