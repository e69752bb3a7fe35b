import { kindsOf } from '../domain/findings.ts';
import { meanBaseline, meanResolved, meanReward } from '../domain/rollout-totals.ts';
import type { RunSummary } from '../domain/run-summary.ts';
import type { Trajectory } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';

/** The NDJSON record of one rollout that ended. */
export function trajectoryRecord(trajectory: Trajectory): Record<string, unknown> {
  return {
    type: 'trajectory',
    run: trajectory.run,
    instance_id: trajectory.instanceId,
    rollout: trajectory.rollout,
    reward: trajectory.status === 'scored' ? trajectory.reward : null,
    baseline_reward: trajectory.metrics['baselineReward'] ?? null,
    resolved: trajectory.resolved,
    mask: trajectory.mask ?? null,
    findings: kindsOf(trajectory.findings ?? []),
    stop_reason: trajectory.stopReason,
    policy_version: trajectory.policyVersion,
    metrics: Object.fromEntries(Object.entries(trajectory.metrics).map(([name, n]) => [snakeCase(name), n])),
  };
}

/** The last NDJSON record of a run. */
export function runRecord(summary: RunSummary): Record<string, unknown> {
  return {
    type: 'run',
    run: summary.run,
    mode: summary.mode,
    rollouts: summary.totals.rollouts,
    failed: summary.totals.failed,
    reward_mean: rounded(meanReward(summary.totals)),
    baseline_mean: rounded(meanBaseline(summary.totals)),
    resolved_mean: rounded(meanResolved(summary.totals)),
    steps: summary.steps,
    masked: summary.totals.masked ?? {},
    findings: summary.totals.findings ?? {},
  };
}

/** Reads the trajectories of a run that were written since the last call, in the order in which they ended. */
export function createTrajectoryReader(artifacts: Artifacts, run: string): () => Promise<Trajectory[]> {
  const seen = new Set<string>();
  return async () => {
    const fresh: Trajectory[] = [];
    for (const name of await artifacts.listRunFiles(run, 'trajectories')) {
      if (seen.has(name) || !name.endsWith('.json')) continue;
      const text = await artifacts.readRunFile(run, `trajectories/${name}`);
      if (text === null) continue;
      seen.add(name);
      fresh.push(JSON.parse(text) as Trajectory);
    }
    return fresh.toSorted((a, b) => a.endedAt.localeCompare(b.endedAt));
  };
}

/** The wire's names: what is camelCase in the code is snake_case in records, as in the data sets. */
function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Means of decimal fractions end in ...999: records hold nine decimals. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1e9) / 1e9;
}
