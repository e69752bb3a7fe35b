import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { trajectoryPath } from '../../../src/domain/ids.ts';
import type { RunConfig } from '../../../src/domain/run-config.ts';
import { parseRunConfig } from '../../../src/schemas/run-config.ts';
import { type Ended, spawnCli } from '../../support/spawn-cli.ts';
import { type AllActivities, STUB_CONTEXT, StubRun } from '../../support/stub-run.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';
import { trajectory } from '../../unit/cli/trajectory.ts';

/** A Temporal server, a store and a data file, with the real CLI as a process beside them. */
export class CliWorld {
  readonly env: TestWorkflowEnvironment;
  readonly home = mkdtempSync(join(tmpdir(), 'steadfast-cli-'));
  readonly store = join(this.home, 'store');
  readonly data = join(this.home, 'data.jsonl');

  private constructor(env: TestWorkflowEnvironment) {
    this.env = env;
    writeFileSync(this.data, '{"instance_id": "i-1"}\n');
  }

  static async start(): Promise<CliWorld> {
    return new CliWorld(await startTemporal({ searchable: false }));
  }

  async stop(): Promise<void> {
    await this.env.teardown();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Runs a command in an environment of its own. */
  static async bare(
    rawArgs: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<Ended> {
    return await spawnCli(rawArgs, environment, tmpdir()).ended;
  }

  async steadfast(rawArgs: readonly string[]): Promise<Ended> {
    return await this.spawn(rawArgs).ended;
  }

  spawn(rawArgs: readonly string[]): ReturnType<typeof spawnCli> {
    const environment = {
      HOME: this.home,
      STEADFAST_STORE: this.store,
      STEADFAST_HOME: this.home,
      TEMPORAL_ADDRESS: this.env.address,
    };
    return spawnCli(rawArgs, environment, this.home);
  }

  /** Workers whose runs have the real config and write the records that the CLI reads; every reward is 0.2. */
  async withStubs(overrides: Partial<AllActivities>, body: () => Promise<void>): Promise<void> {
    const stub = new StubRun();
    const artifacts = createFolderArtifacts(this.store);
    const activities = stub.activities({
      resolveRun: async ({ input, workflowId }) => {
        const config = resolve(input, workflowId);
        await artifacts.writeRunFile(config.run, 'config.json', JSON.stringify(config));
        const plan = { ...config, maxSteps: config.agent.maxSteps };
        return { config: STUB_CONTEXT.config, run: config.run, plan, searchable: false };
      },
      recordTrajectory: async (input) => {
        const { run, rollout, policy, stopReason, status } = input;
        const record = trajectory({
          run,
          rollout,
          stopReason,
          status,
          reward: 0.2,
          policyVersion: policy.version,
          instanceId: input.instance.instanceId,
        });
        await artifacts.writeRunFile(run, trajectoryPath(run, rollout), JSON.stringify(record));
        return { trajectory: await artifacts.putJson(record), trainable: true };
      },
      grade: async () => ({ grading: STUB_CONTEXT.config, reward: 0.2, resolved: false }),
      ...overrides,
    });
    await withWorkers(this.env, activities, body);
  }
}

function resolve(input: unknown, workflowId: string): RunConfig {
  try {
    return parseRunConfig(input, { workflowId, machineConcurrency: 4 });
  } catch (error) {
    if (error instanceof SteadfastError) throw ApplicationFailure.nonRetryable(error.message, error.type);
    throw error;
  }
}
