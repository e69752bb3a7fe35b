import type { RolloutResult } from '../../../src/domain/trajectory.ts';

/** A scored rollout; change what a test is about. */
export function rolloutResult(change: Partial<RolloutResult> = {}): RolloutResult {
  return {
    rollout: 'r/g-000001/i/1.1',
    instanceId: 'i',
    status: 'scored',
    stopReason: 'done',
    failureType: null,
    reward: 0.2,
    resolved: false,
    mask: null,
    baselineReward: null,
    findings: [],
    verified: false,
    policyVersion: 0,
    turns: 1,
    trajectory: null,
    ...change,
  };
}
