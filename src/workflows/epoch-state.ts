import { NO_ATTEMPTS, withSuccesses, type FailureWindow } from '../domain/failure-window.ts';
import { addRetries, NO_RETRIES } from '../domain/retry-totals.ts';
import { addTotals, NO_ROLLOUTS } from '../domain/rollout-totals.ts';
import type { RetryTotals, RolloutTotals } from '../domain/run-summary.ts';
import type { EpochInput, EpochState, PolicyState } from './inputs.ts';
import type { GroupReport } from './messages.ts';

/** What an epoch amounted to. */
export interface EpochResult {
  readonly totals: RolloutTotals;
  /** Absent where it began under 0.1, as the next. */
  readonly retries?: RetryTotals;
  readonly failures?: FailureWindow;
  readonly rewardByStep: readonly number[];
  readonly policy: PolicyState;
  /** Number of the next group of the run. */
  readonly nextGroup: number;
  /** Batches in which no group taught anything, and so no step was made. */
  readonly stepsWithoutLesson: number;
}

/** Where an epoch begins, or goes on. */
export function stateAtStart(input: EpochInput): EpochState {
  return {
    cursor: 0,
    nextGroup: input.firstGroup,
    totals: NO_ROLLOUTS,
    retries: NO_RETRIES,
    failures: input.failures ?? NO_ATTEMPTS,
    rewardByStep: [],
    policy: input.start,
    stepsWithoutLesson: 0,
    inFlight: [],
    groupsDone: 0,
    held: null,
    draining: false,
    ...input.carried,
  };
}

/** The state after a group has ended; its failed attempts were told one by one, as they came. */
export function stateAfter(state: EpochState, { totals, retries = NO_RETRIES }: GroupReport): EpochState {
  return {
    ...state,
    totals: addTotals(state.totals, totals),
    retries: addRetries(state.retries, retries),
    failures: withSuccesses(state.failures, retries.attempts - retries.failedAttempts),
    groupsDone: state.groupsDone + 1,
  };
}

export function resultOf(state: EpochState): EpochResult {
  const { totals, retries, failures, rewardByStep, policy, nextGroup, stepsWithoutLesson } = state;
  return { totals, retries, failures, rewardByStep, policy, nextGroup, stepsWithoutLesson };
}
