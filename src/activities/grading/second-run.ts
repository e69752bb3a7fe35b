import { deriveSeed } from '../../domain/seeds.ts';
import type { TestRun } from '../../schemas/test-run.ts';
import { forgetRun, type CachedRun, type RunKey } from './cached-run.ts';
import { confirmedRun } from './confirmed-run.ts';
import type { GradeRequest } from './grade-patch.ts';
import { noteDisagreement } from './health.ts';

/** Seeds are taken modulo this. */
const SEEDS = 10_000;

/** The name below which a second run opens its sandboxes. */
export function secondName(name: string): string {
  return `${name}-second`;
}

/**
 * Runs the tests of a seeded share of gradings a second time, whatever is kept. Where the two differ the kept run is
 * forgotten, and the instance noted as flaky unless that is the patch's own doing. Null for the gradings that are not in the share.
 */
export async function secondRun(
  request: GradeRequest,
  key: RunKey,
  first: CachedRun,
): Promise<{ readonly testRun: TestRun; readonly differs: boolean } | null> {
  const { artifacts, instance, instanceRef, name, verifyShare } = request;
  const chosen = deriveSeed(name, key.patch) % SEEDS < verifyShare * SEEDS;
  if (!chosen) return null;
  const testRun = await confirmedRun({ ...request, name: secondName(name) }, instance, key);
  const differs = !sameOutcomes(first.testRun, testRun);
  if (differs) {
    await forgetRun(artifacts, key);
    const { environment, patch } = key;
    await noteDisagreement(artifacts, { instanceRef, environment, where: 'grading', patch });
  }
  return { testRun, differs };
}

/** Whether two runs found the same for every test. */
function sameOutcomes(a: TestRun, b: TestRun): boolean {
  const ids = new Set([...Object.keys(a.outcomes), ...Object.keys(b.outcomes)]);
  return a.ended === b.ended && [...ids].every((id) => a.outcomes[id] === b.outcomes[id]);
}
