import { Context } from '@temporalio/activity';
import { SteadfastError } from '../../domain/failures.ts';
import type { Finding } from '../../domain/findings.ts';
import type { Instance } from '../../domain/instance.ts';
import type { OfficialVerdict } from '../../domain/trajectory.ts';
import { readOfficialVerdict, type TestRun } from '../../schemas/test-run.ts';
import { digestOf } from './cached-run.ts';
import type { GradeRequest } from './grade-patch.ts';
import { officialVerdict } from './official-verdict.ts';
import { finding } from './verdict.ts';

/** Kind of the cache of official verdicts; raise the number when they come to be made in another way. */
const KIND = 'official-verdict-1';

/**
 * The verdict of the data set's own harness on the whole patch, as that harness would be given it; null where none can be
 * had, which is logged where the harness should have known the record. A run of the official script has it already.
 */
export async function officialBeside(
  request: GradeRequest,
  testRun: TestRun,
  environment: string,
): Promise<OfficialVerdict | null> {
  const { artifacts, instance, instanceRef } = request;
  if (testRun.official !== null) return testRun.official;
  if (instance.official === null || instance.source.kind !== 'image') return null;
  const patch = request.patch ?? '';
  const key = digestOf(instanceRef, environment, patch);
  const kept = readOfficialVerdict(await artifacts.getCached(KIND, key));
  if (kept !== null) return kept;
  const verdict = await officialVerdict(request, instance, patch).catch(unknownRecord(instance));
  if (verdict === null) return null;
  await artifacts.putCached(KIND, key, verdict);
  return verdict;
}

/**
 * Answers null for a record that the official packages do not know, for our reporters have graded it without them. The log
 * of a `script` runner is read by them alone: there it stays an error.
 */
function unknownRecord({ instanceId, runner }: Instance): (error: unknown) => null {
  return (error) => {
    const isUnknown = error instanceof SteadfastError && error.type === 'Instance.Invalid';
    if (!isUnknown || runner === 'script') throw error;
    const reason = error.message;
    Context.current().log.warn('graded without an official verdict', { instance: instanceId, reason });
    return null;
  };
}

/** Says where the official verdict differs from ours. */
export function disagreement(official: OfficialVerdict | null, resolved: boolean): readonly Finding[] {
  if (official === null || official.resolved === resolved) return [];
  const [theirs, ours] = [official.resolved, resolved].map((one) => (one ? 'resolved' : 'not resolved'));
  return [finding('official_disagrees', `the official harness says ${theirs}, our rules say ${ours}`)];
}
