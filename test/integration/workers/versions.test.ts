import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { loadConfig } from '../../../src/config.ts';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import { quiet } from '../../support/quiet.ts';
import { type AllActivities, STUB_HOST_QUEUE, STUB_PLAN, StubRun } from '../../support/stub-run.ts';
import { startTemporal } from '../../support/temporal.ts';

quiet();

const MAIN = join(import.meta.dirname, '../../../src/workers/main.ts');

describe('two builds of the workflows worker', () => {
  let env: TestWorkflowEnvironment;
  let home: string;
  const children: ChildProcess[] = [];
  before(async () => {
    env = await startTemporal({ searchable: false });
    home = await mkdtemp(join(tmpdir(), 'steadfast-versions-'));
  });
  after(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    await env.teardown();
    await rm(home, { recursive: true });
  });

  async function startBuild(buildId: string): Promise<ChildProcess> {
    const child = fork(MAIN, ['--role', 'workflows'], {
      env: {
        ...loadConfig().environment,
        STEADFAST_HOME: home,
        STEADFAST_CACHE: join(home, 'cache'),
        STEADFAST_LOG: 'error',
        STEADFAST_BUILD_ID: buildId,
        TEMPORAL_ADDRESS: env.address,
      },
    });
    children.push(child);
    await once(child, 'message');
    return child;
  }

  /** As `temporal worker deployment set-current-version` does; the server knows a build once it has polled. */
  async function makeCurrent(buildId: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        await env.connection.workflowService.setWorkerDeploymentCurrentVersion({
          namespace: 'default',
          deploymentName: 'steadfast',
          buildId,
        });
        return;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(200);
      }
    }
  }

  async function buildOf(workflowId: string): Promise<string | null | undefined> {
    const { raw } = await env.client.workflow.getHandle(workflowId).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
  }

  it('a rollout ends with the build that it began on, the run above it goes on with the next', async () => {
    const stub = new StubRun();
    stub.plan = {
      ...STUB_PLAN,
      qualityFilter: false,
      numInstances: 2,
      rolloutsPerInstance: 1,
      concurrency: 1,
    };
    const gate = Promise.withResolvers<void>();
    const all = stub.activities();
    const activities = stub.activities({
      sampleTurn: async (input) => {
        if (input.turn > 1) await gate.promise;
        return await all.sampleTurn(input);
      },
    });
    await withStubs(env, activities, async () => {
      const old = await startBuild('old');
      await makeCurrent('old');
      const run = await env.client.workflow.start('train', {
        workflowId: 'run',
        taskQueue: TASK_QUEUES.workflows,
        args: [{}],
      });
      while (stub.named('sampleTurn').length < 3) await sleep(50);
      await startBuild('new');
      await makeCurrent('new');
      gate.resolve();
      await run.result();
      assert.equal(await buildOf('run/g-000001/i-1/1.1'), 'old');
      assert.equal(await buildOf('run/g-000002/i-2/1.1'), 'new');
      assert.equal(await buildOf('run'), 'new');
      // Nothing is pinned to the old build any more.
      old.kill('SIGTERM');
      assert.deepEqual(await once(old, 'exit'), [0, null]);
      const second = await env.client.workflow.execute('train', {
        workflowId: 'second',
        taskQueue: TASK_QUEUES.workflows,
        args: [{}],
      });
      assert.notEqual(second, null);
      assert.equal(await buildOf('second/g-000001/i-1/1.1'), 'new');
    });
  });
});

/** Workers for every queue but the workflows'. */
async function withStubs(
  { nativeConnection: connection }: TestWorkflowEnvironment,
  activities: AllActivities,
  body: () => Promise<void>,
): Promise<void> {
  const { records, sandbox, model, trainer } = TASK_QUEUES;
  const queues = [records, sandbox, model, trainer, STUB_HOST_QUEUE];
  const workers = await Promise.all(
    queues.map((taskQueue) => Worker.create({ connection, taskQueue, activities })),
  );
  const running = workers.map((worker) => worker.run());
  try {
    await body();
  } finally {
    for (const worker of workers) worker.shutdown();
    await Promise.all(running);
  }
}
