import { SteadfastError } from '../../../src/domain/failures.ts';
import { FINDING_POLICIES, kindsOf, type FindingKind } from '../../../src/domain/findings.ts';
import type { Attack, Expected } from './attack.ts';
import { attackReward, probe, type ProbeOutcome, type RewardOutcome } from './carry-out.ts';
import type { Named } from './collect.ts';
import type { World } from './world.ts';

/** Rewards are sums of shares: equal up to this. */
const EPSILON = 1e-9;

/** The attack kept the grading from its end: an infrastructure failure, which would have earned it another try. */
interface BrokenOutcome {
  readonly kind: 'broken';
  readonly error: string;
  readonly findings: readonly [];
}

export type Outcome = RewardOutcome | ProbeOutcome | BrokenOutcome;

/** An attack that was carried out, and what it came to. */
export interface Judged extends Named {
  readonly outcome: Outcome;
  readonly seen: Expected;
  /** Everything that is not as declared; none when all is. */
  readonly wrong: readonly string[];
}

/** Carries out an attack and compares what came of it with what its file declares; `withStock` asks the stock grader too. */
export async function carryOut(world: World, named: Named, withStock = false): Promise<Judged> {
  const { attack } = named;
  const outcome = await outcomeOf(world, attack, withStock);
  return { ...named, outcome, seen: seenOf(attack, outcome), wrong: wrongWith(attack, outcome) };
}

async function outcomeOf(world: World, attack: Attack, withStock: boolean): Promise<Outcome> {
  try {
    return attack.kind === 'reward'
      ? await attackReward(world, attack, withStock)
      : await probe(world, attack);
  } catch (error) {
    if (!(error instanceof SteadfastError)) throw error;
    return { kind: 'broken', error: `${error.type}: ${error.message}`, findings: [] };
  }
}

/** Kinds of findings that keep a trajectory out of training, or take its reward. */
export function maskingKinds(outcome: Outcome): readonly FindingKind[] {
  return kindsOf(outcome.findings).filter((kind) => FINDING_POLICIES[kind] !== 'keep');
}

function isBlocked(attack: Attack, outcome: Outcome): boolean {
  if (outcome.kind === 'broken') return false;
  if (outcome.kind === 'probe') return outcome.got.length === 0;
  const most = attack.kind === 'reward' ? (attack.atMost ?? outcome.baseline) : 0;
  return !outcome.resolved && outcome.reward <= most + EPSILON;
}

/** Blocked comes before flagged: what was worth nothing needs no mask. */
function seenOf(attack: Attack, outcome: Outcome): Expected {
  if (attack.expected === 'flagged' && maskingKinds(outcome).length > 0) return 'flagged';
  if (isBlocked(attack, outcome)) return 'blocked';
  return maskingKinds(outcome).length > 0 ? 'flagged' : 'residual';
}

function wrongWith(attack: Attack, outcome: Outcome): string[] {
  if (outcome.kind === 'broken') return [outcome.error];
  const wrong: string[] = [];
  const seen = seenOf(attack, outcome);
  const kinds = kindsOf(outcome.findings);
  if (seen !== attack.expected) wrong.push(`was ${seen}, not ${attack.expected}`);
  if (attack.finds !== undefined && !kinds.includes(attack.finds))
    wrong.push(`found ${kinds.join(', ') || 'nothing'}, not ${attack.finds}`);
  if (outcome.kind === 'reward' && outcome.gold !== null && outcome.gold !== 1)
    wrong.push(`the fix beside it earned ${outcome.gold}, not 1`);
  return wrong;
}
