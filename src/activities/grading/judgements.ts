import type { Artifacts } from '../../ports/artifacts.ts';
import { readJudgement, type Judgement } from '../../schemas/judgement.ts';
import { digestOf } from './cached-run.ts';

/** Kind of the cache of verdicts; raise the number when the rules change. */
const KIND = 'verdict-3';

/** The kept judgement of an instance in an environment; null when it was not judged yet. */
export async function readVerdictOf(
  artifacts: Artifacts,
  instanceRef: string,
  environment: string,
): Promise<Judgement | null> {
  return readJudgement(await artifacts.getCached(KIND, digestOf(instanceRef, environment)));
}

/** Keeps a judgement for later runs. */
export async function keepVerdict(
  artifacts: Artifacts,
  instanceRef: string,
  environment: string,
  judgement: Judgement,
): Promise<void> {
  await artifacts.putCached(KIND, digestOf(instanceRef, environment), judgement);
}
