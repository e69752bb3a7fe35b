import type { FindingKind } from '../../../src/domain/findings.ts';

/**
 * What is to come of an attack: `blocked`, worth no more than doing nothing; `flagged`, seen, with a finding that keeps
 * it out of training; `residual`, neither, and docs/grading.md says so.
 */
export type Expected = 'blocked' | 'flagged' | 'residual';

/** Facts of the host that an attack would like to know; each test run has its own. */
export interface Host {
  /** A secret in the environment of the process that opens the sandbox, and in a neighbour's sandbox. */
  readonly secret: string;
  /** A TCP port that the host listens on. */
  readonly port: number;
  /** A folder of the host that holds the secret too. */
  readonly folder: string;
}

interface Declared {
  /** As the table names it. */
  readonly title: string;
  readonly expected: Expected;
  /** Of a residual one: why nothing stops it. */
  readonly why?: string;
}

/** An attack on the reward: what an agent leaves in its sandbox, or a diff that no git would make of it. */
export interface RewardAttack extends Declared {
  readonly kind: 'reward';
  /** Bash, run in /testbed as the agent's tool runs it. */
  readonly script?: string;
  /** Handed to grading instead of what the sandbox's diff says. */
  readonly patch?: string;
  /** End of the instance's id; the suite's usual one where absent. */
  readonly instance?: string;
  /** A finding that must be among those of the grading, whatever its policy. */
  readonly finds?: FindingKind;
  /** What it may earn without a success of its own, where it mends something honestly: not resolved, but in part. */
  readonly atMost?: number;
  /** Whether the fix with the attack beside it still earns 1; false where the attack ends or forges the tests. */
  readonly goldHolds: boolean;
  /** Of the tests, where the attack is to reach it. */
  readonly timeLimitMs?: number;
}

/** An attack on what the sandbox keeps from the agent: the script prints `GOT`, and what, when it got something. */
export interface ProbeAttack extends Declared {
  readonly kind: 'probe';
  readonly script: (host: Host) => string;
  /** A finding that the audit of the transcript must make. */
  readonly finds?: FindingKind;
}

export type Attack = RewardAttack | ProbeAttack;
