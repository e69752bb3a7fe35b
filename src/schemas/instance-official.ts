import type { InstanceFormat, OfficialHarness } from '../domain/instance.ts';
import type { InstanceRecord } from './instance-record.ts';

/**
 * The public harness that knows a record, with the fields that it reads: SWE-bench's (5.0 on) where the record brings
 * script and parser along, SWE-smith's where the repository is one of its mirrors; null for all others, SWE-bench's
 * older rows among them, which hold neither.
 */
export function officialOf(
  wire: InstanceRecord,
  format: InstanceFormat,
  image: string | null,
): OfficialHarness | null {
  const lists = { FAIL_TO_PASS: wire.FAIL_TO_PASS, PASS_TO_PASS: wire.PASS_TO_PASS };
  const { instance_id, repo } = wire;
  if (format === 'swe-bench') {
    if (!wire.eval_script || !wire.log_parser || image === null) return null;
    const evalType = wire.eval_type ?? 'pass_and_fail';
    return {
      harness: 'swebench',
      evalScript: wire.eval_script,
      logParser: wire.log_parser,
      evalType,
      record: {
        instance_id,
        repo,
        version: wire.version ?? '',
        image,
        ...lists,
        log_parser: wire.log_parser,
        eval_type: evalType,
        eval_script: wire.eval_script,
        ...(wire.image_assets ? { image_assets: wire.image_assets } : {}),
      },
    };
  }
  if (!repo.startsWith('swesmith/')) return null;
  return {
    harness: 'swesmith',
    evalScript: null,
    logParser: null,
    evalType: null,
    record: {
      instance_id,
      repo,
      patch: wire.patch,
      ...lists,
      ...(wire.image_name ? { image_name: wire.image_name } : {}),
      ...(wire.base_commit ? { base_commit: wire.base_commit } : {}),
    },
  };
}
