import type { Tally } from '../domain/estimates.ts';
import type { Usage } from '../domain/messages.ts';
import { countsOf } from '../domain/rollout-totals.ts';
import type { Counts } from '../domain/run-summary.ts';
import type { RunConfig } from '../domain/run-config.ts';
import type { Trajectory } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { CommandError } from './errors.ts';

/** What a run of inference says of its model. */
export interface Evaluation {
  readonly run: string;
  readonly model: string;
  readonly seed: number;
  /** An entry for each instance that a rollout was scored on. */
  readonly tallies: readonly Tally[];
  /** Instances of which no rollout was scored, and attempts that failed: neither is in any estimate. */
  readonly unscored: number;
  readonly failed: number;
  /** Why the last of those attempts did; null where none has. */
  readonly lastFailure: string | null;
  /** Of the scored rollouts, as far as their endpoint told it. */
  readonly usage: Usage;
  /** Their model calls of which it told none. */
  readonly callsWithoutUsage: number;
  /** Their model calls in which it would not be told a parameter, by its name. */
  readonly refused: Counts;
  /** Files in SWE-bench's form, the first with the first rollout of each instance. */
  readonly predictions: readonly string[];
}

/** A line of a predictions file, as `swebench.harness.run_evaluation` reads it. */
interface Prediction {
  readonly instance_id: string;
  readonly model_name_or_path: string;
  readonly model_patch: string;
}

/**
 * Reads the trajectories of a run one by one, tallies them by instance and writes the run's predictions. A run that
 * trains is refused: its rollouts are of many policies.
 */
export async function evaluationOf(artifacts: Artifacts, run: string): Promise<Evaluation> {
  const { model, seed } = await inferenceConfig(artifacts, run);
  const tallies = new Map<string, Tally>();
  const instances = new Set<string>();
  const predictions: Prediction[][] = [];
  const usage = { promptTokens: 0, completionTokens: 0 };
  const refused: string[] = [];
  let failed = 0;
  let lastFailure: string | null = null;
  let callsWithoutUsage = 0;
  for await (const { instanceId, ...rollout } of scoredOrFailed(artifacts, run)) {
    instances.add(instanceId);
    if (rollout.status !== 'scored') {
      failed++;
      const { failure } = rollout;
      if (failure !== null) lastFailure = `${failure.type}: ${failure.message}`;
      continue;
    }
    const tally = tallies.get(instanceId) ?? { instanceId, rollouts: 0, resolved: 0, rewardSum: 0 };
    (predictions[tally.rollouts] ??= []).push({
      instance_id: instanceId,
      model_name_or_path: model,
      model_patch: rollout.grading?.patch ?? '',
    });
    tallies.set(instanceId, {
      instanceId,
      rollouts: tally.rollouts + 1,
      resolved: tally.resolved + (rollout.resolved ? 1 : 0),
      rewardSum: tally.rewardSum + (rollout.reward ?? 0),
    });
    usage.promptTokens += rollout.usage.promptTokens;
    usage.completionTokens += rollout.usage.completionTokens;
    const calls = rollout.turns.filter((turn) => turn.kind === 'model');
    callsWithoutUsage += calls.filter(({ usage: told }) => told === null).length;
    refused.push(...calls.flatMap((call) => call.refused ?? []));
  }
  return {
    run,
    model,
    seed,
    tallies: [...tallies.values()],
    unscored: instances.size - tallies.size,
    failed,
    lastFailure,
    usage,
    callsWithoutUsage,
    refused: countsOf(refused),
    predictions: await writtenPredictions(artifacts, run, predictions),
  };
}

async function inferenceConfig(artifacts: Artifacts, run: string): Promise<RunConfig> {
  const text = await artifacts.readRunFile(run, 'config.json');
  if (text === null) throw new CommandError(`there are no files of a run ${JSON.stringify(run)} here`);
  const config = JSON.parse(text) as RunConfig;
  if (config.mode === 'inference') return config;
  throw new CommandError(
    `${run} is a run of training, with another policy at each step; evaluate one of them: steadfast eval --model ${run}@STEP --data …`,
  );
}

/** In the order of their names, which is that of groups and members; a cancelled rollout says nothing of its model. */
async function* scoredOrFailed(artifacts: Artifacts, run: string): AsyncGenerator<Trajectory> {
  for (const name of await artifacts.listRunFiles(run, 'trajectories')) {
    const text = name.endsWith('.json') ? await artifacts.readRunFile(run, `trajectories/${name}`) : null;
    if (text === null) continue;
    const trajectory = JSON.parse(text) as Trajectory;
    if (trajectory.status !== 'cancelled') yield trajectory;
  }
}

async function writtenPredictions(
  artifacts: Artifacts,
  run: string,
  predictions: readonly (readonly Prediction[])[],
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const [index, lines] of predictions.entries()) {
    const path = `predictions/${index + 1}.jsonl`;
    const text = async function* () {
      for (const line of lines) yield `${JSON.stringify(line)}\n`;
    };
    await artifacts.writeRunFile(run, path, text());
    paths.push(artifacts.runPath(run, path));
  }
  return paths;
}
