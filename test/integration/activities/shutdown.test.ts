import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { heartbeatWhile } from '../../../src/activities/heartbeat.ts';
import type { heldActivity } from '../../support/held-activity-workflow.ts';
import { quiet } from '../../support/quiet.ts';
import { startTemporal } from '../../support/temporal.ts';

quiet();

const WORKFLOW = fileURLToPath(new URL('../../support/held-activity-workflow.ts', import.meta.url));

let env: TestWorkflowEnvironment;
before(async () => {
  env = await startTemporal();
});
after(async () => await env.teardown());

/** A worker whose activity does what `body` does, and answers the attempt. */
async function hire(taskQueue: string, body: (signal: AbortSignal) => Promise<void>): Promise<Worker> {
  return await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    shutdownGraceTime: '500 ms',
    activities: {
      held: async () =>
        await heartbeatWhile(async (signal) => {
          await body(signal);
          return Context.current().info.attempt;
        }),
    },
  });
}

/** Begins the activity, ends its worker in the midst of it, and lets another one take over. */
async function shutDownAmid(taskQueue: string, body: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const begun = Promise.withResolvers<void>();
  const first = await hire(taskQueue, async (signal) => {
    begun.resolve();
    await body(signal);
  });
  const running = first.run();
  const options = { taskQueue, workflowId: taskQueue };
  const handle = await env.client.workflow.start<typeof heldActivity>('heldActivity', options);
  await begun.promise;
  const startedAt = Date.now();
  first.shutdown();
  await running;
  assert.ok(Date.now() - startedAt < 5000, 'the worker ends when its grace is over');
  const second = await hire(taskQueue, async () => undefined);
  assert.equal(await second.runUntil(handle.result()), 2);
  assert.ok(Date.now() - startedAt < 15_000, 'and nobody waited for a heartbeat');
  const { events } = await handle.fetchHistory();
  const started = events?.flatMap((event) => event.activityTaskStartedEventAttributes ?? []).at(-1);
  assert.match(started?.lastFailure?.message ?? '', /Worker is shutting down/);
}

for (const [queue, what, body] of [
  [
    'listens',
    'an activity that listens',
    async (signal: AbortSignal) =>
      await new Promise<void>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('stopped')));
      }),
  ],
  ['deaf', 'one that does not listen', async () => await new Promise<void>(() => undefined)],
] as const) {
  test(`${what} is begun again at once when its worker goes`, { timeout: 60_000 }, async () => {
    const workflowBundle = await bundleWorkflowCode({
      workflowsPath: WORKFLOW,
      logger: new DefaultLogger('ERROR'),
    });
    const workflows = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: queue,
      workflowBundle,
    });
    await workflows.runUntil(shutDownAmid(queue, body));
  });
}
