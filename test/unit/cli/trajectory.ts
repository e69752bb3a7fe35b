import type { Trajectory } from '../../../src/domain/trajectory.ts';

/** A trajectory without turns; change what a test is about. */
export function trajectory(change: Partial<Trajectory> = {}): Trajectory {
  return {
    run: 'r',
    rollout: 'r/g-000001/i-1/1.1',
    instanceId: 'i-1',
    status: 'scored',
    stopReason: 'done',
    failure: null,
    policyVersion: 0,
    model: 'm',
    seed: 0,
    tools: [],
    turns: [],
    reward: 0.5,
    resolved: false,
    metrics: {},
    grading: null,
    usage: { promptTokens: 0, completionTokens: 0 },
    trainable: true,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:00.000Z',
    ...change,
  };
}
