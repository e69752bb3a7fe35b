import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { loadConfig } from '../../../src/config.ts';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { probe } from '../../../src/workflows/index.ts';
import { startTemporal } from '../../support/temporal.ts';

const MAIN = join(import.meta.dirname, '../../../src/workers/main.ts');

describe('worker processes', () => {
  let env: TestWorkflowEnvironment;
  let home: string;
  const children: ChildProcess[] = [];

  before(async () => {
    env = await startTemporal({ searchable: false });
    home = await mkdtemp(join(tmpdir(), 'steadfast-workers-'));
  });
  after(async () => {
    for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
    await env.teardown();
    await rm(home, { recursive: true });
  });

  /** Starts a worker and waits until it says that it is ready. */
  async function start(role: string): Promise<{ child: ChildProcess; readyMs: number }> {
    const began = performance.now();
    const child = fork(MAIN, ['--role', role], {
      env: {
        ...loadConfig().environment,
        STEADFAST_HOME: home,
        STEADFAST_CACHE: join(home, 'cache'),
        STEADFAST_LOG: 'error',
        TEMPORAL_ADDRESS: env.address,
      },
    });
    children.push(child);
    const [message] = (await once(child, 'message')) as unknown[];
    assert.equal(message, 'ready');
    return { child, readyMs: performance.now() - began };
  }

  it('register the search attributes, run workflows, bundle once and end on SIGTERM', async () => {
    const { child } = await start('workflows');
    const records = await start('records');
    const { customAttributes } = await env.connection.operatorService.listSearchAttributes({
      namespace: 'default',
    });
    for (const name of ['RunName', 'PolicyVersion', 'InstanceId', 'Resolved'])
      assert.ok(name in customAttributes);

    const { meanMs } = await env.client.workflow.execute<typeof probe>('probe', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: 'probe',
    });
    assert.ok(meanMs > 0 && meanMs < 1000, `${meanMs} ms an activity`);

    const second = await start('workflows');
    assert.ok(second.readyMs < 10_000, `ready after ${second.readyMs} ms`);
    for (const one of [child, records.child, second.child]) {
      one.kill('SIGTERM');
      const [code] = (await once(one, 'exit')) as [number | null];
      assert.equal(code, 0);
    }
  });

  it('end when their supervisor has died', async () => {
    const { child } = await start('records');
    child.disconnect();
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 0);
  });

  it('refuse a role that does not exist', async () => {
    const child = fork(MAIN, ['--role', 'cook'], { silent: true });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    assert.equal(code, 1);
    assert.match(said, /"cook".*workflows, records, sandbox, model, trainer/);
    assert.equal(said.trim().split('\n').length, 1);
  });
});
