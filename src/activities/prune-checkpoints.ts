import { expendable } from '../domain/retention.ts';
import { openingOf } from '../domain/run-opening.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Trainers } from '../ports/trainer.ts';
import type { TrainerActivities } from './contract-trainer.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readConfig } from './stored.ts';
import { trainerOf } from './trainer-of.ts';

/** The activity that makes room: a run of days publishes more checkpoints than a disk holds. */
export function createPruneActivity(deps: {
  readonly artifacts: Artifacts;
  readonly trainers: Trainers;
}): Pick<TrainerActivities, 'pruneCheckpoints'> {
  const { artifacts, trainers } = deps;

  async function pruneCheckpoints(input: { readonly run: string; readonly config: string }): Promise<number> {
    return await heartbeatWhile(async (signal) => {
      const config = await readConfig(artifacts, input.config);
      const { keep, training } = config;
      if (keep === undefined || keep.newest === null) return 0;
      const trainer = trainerOf(config, trainers);
      // A server that was restarted has forgotten its runs.
      await trainer.openRun(openingOf(input.run, config, artifacts), signal);
      const published = await trainer.checkpoints(input.run);
      const rewards = await rewardsOf(artifacts, input.run);
      // Rollouts in flight are sampled from the newest policy, and from as many before it as may be stale.
      const newest = Math.max(keep.newest, (training.maxStaleness ?? 0) + 1);
      const steps = expendable(published, rewards, { ...keep, newest });
      for (const step of steps) await trainer.deleteCheckpoint(input.run, step);
      return steps.length;
    });
  }

  return { pruneCheckpoints };
}

/** The mean reward of each step's batch, by the run's metrics. */
async function rewardsOf(artifacts: Artifacts, run: string): Promise<ReadonlyMap<number, number>> {
  const rewards = new Map<number, number>();
  for (const line of ((await artifacts.readRunFile(run, 'metrics.jsonl')) ?? '').split('\n')) {
    if (line === '') continue;
    const { step, 'reward/mean': reward } = JSON.parse(line) as Record<string, unknown>;
    if (typeof step === 'number' && typeof reward === 'number') rewards.set(step, reward);
  }
  return rewards;
}
