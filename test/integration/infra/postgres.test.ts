import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { cacheFolder, packageRoot, toolPaths } from '../../../src/local/setup/paths.mjs';
import { goOnSignal, probe } from '../../support/postgres-probe-workflow.ts';
import { type PostgresTemporal, startPostgresTemporal } from '../../support/postgres-temporal.ts';

const taskQueue = 'probe';
Runtime.install({ logger: new DefaultLogger('ERROR') });

suite("Temporal's server on PostgreSQL", () => {
  let temporal: PostgresTemporal;
  let connection: Connection;
  let client: Client;
  let stopWorker: () => Promise<void>;

  before(async () => {
    const started = Date.now();
    temporal = await startPostgresTemporal();
    console.log(`PostgreSQL, schemas and server ready in ${Date.now() - started} ms at ${temporal.address}`);
    connection = await Connection.connect({ address: temporal.address });
    client = new Client({ connection });
    stopWorker = await startWorker(temporal.address);
  });

  after(async () => {
    await stopWorker?.();
    await connection?.close();
    await temporal?.stop();
  });

  test('knows every key of infra/temporal/dynamicconfig.yaml', async () => {
    const { temporalServer: server } = toolPaths(cacheFolder(process.env));
    const file = join(packageRoot, 'infra/temporal/dynamicconfig.yaml');
    const { stdout } = await promisify(execFile)(server, ['validate-dynamic-config', file]);
    assert.equal(stdout.trim(), file);
  });

  test('goes on after its process was killed, from the data in PostgreSQL', async () => {
    const done = await start('probe-done', 2);
    await done.signal(goOnSignal);
    assert.equal(await done.result(), 8);
    const waiting = await start('probe-waiting', 3);
    await untilCompleted(waiting, 3);

    await temporal.restartServer();

    assert.equal(await done.result(), 8);
    await waiting.signal(goOnSignal);
    assert.equal(await waiting.result(), 16);
    const query = "select workflow_id from current_executions where workflow_id like 'probe-%' order by 1";
    assert.deepEqual(await temporal.postgres.query('temporal', query), ['probe-done', 'probe-waiting']);
  });

  function start(workflowId: string, times: number): Promise<WorkflowHandle<typeof probe>> {
    return client.workflow.start(probe, { workflowId, taskQueue, args: [{ value: 1, times }] });
  }
});

/** A worker of the probe workflow on that server; returns what ends it. */
async function startWorker(address: string): Promise<() => Promise<void>> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('../../support/postgres-probe-workflow.ts', import.meta.url)),
    activities: { double: async (value: number) => value * 2 },
  });
  const running = worker.run();
  return async () => {
    worker.shutdown();
    await running;
    await connection.close();
  };
}

/** Waits until so many activities of a workflow have completed. */
async function untilCompleted(handle: WorkflowHandle, count: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { events } = await handle.fetchHistory();
    const completed = (events ?? []).filter((event) => event.activityTaskCompletedEventAttributes != null);
    if (completed.length >= count) return;
    assert.ok(Date.now() < deadline, `${completed.length} of ${count} activities completed within 20 s`);
  }
}
