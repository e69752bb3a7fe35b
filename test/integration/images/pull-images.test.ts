import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { WorkflowFailedError } from '@temporalio/client';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { PullProgress } from '../../../src/domain/image-pulls.ts';
import type { pullImages } from '../../../src/workflows/index.ts';
import type { PullCarried } from '../../../src/workflows/pull-images.ts';
import { temporalProgram } from '../../support/temporal.ts';
import { PullWorld } from './pull-world.ts';

const MIB = 2 ** 20;

describe('images pulled ahead', () => {
  let world: PullWorld;
  before(async () => {
    world = await PullWorld.start();
  });
  afterEach(async () => {
    world.registry.limitReached = false;
    world.registry.gate = Promise.resolve();
    await world.forgetImages();
  });
  after(async () => await world.stop());

  async function start(input: Readonly<Record<string, unknown>>, carried: PullCarried = {}) {
    return await world.env.client.workflow.start<typeof pullImages>('pullImages', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId: `pull-${crypto.randomUUID()}`,
      args: [{ host: world.host, ...input }, carried],
    });
  }

  async function pull(
    input: Readonly<Record<string, unknown>>,
    carried: PullCarried = {},
  ): Promise<PullProgress> {
    return await (await start(input, carried)).result();
  }

  /** The message that an input ends a pull with. */
  async function refused(input: Readonly<Record<string, unknown>>): Promise<string> {
    return await pull(input).then(
      () => '',
      (error: unknown) => String(error instanceof WorkflowFailedError ? error.cause?.message : error),
    );
  }

  test('each image once, the most used first; what is there is left alone', async () => {
    const [a = '', b = '', c = ''] = await world.put(1, 1, 1);
    const data = await world.data([a, b, c, b, c, c]);
    const done = await pull({ data, at_once: 1 });
    assert.deepEqual(world.pulls(), [c, b, a]);
    assert.deepEqual([done.phase, done.images, done.totals.pulled, done.totals.present], ['done', 3, 3, 0]);
    assert.ok(done.totals.pulledBytes >= 3 * MIB);
    assert.equal(done.totals.oursBytes, done.totals.pulledBytes);
    world.registry.requests.length = 0;
    const again = await pull({ data });
    assert.deepEqual([again.totals.pulled, again.totals.present, world.pulls()], [0, 3, []]);
  });

  test('the budget is kept: what others need goes, the least used first, and what does not fit is not kept', async () => {
    const [old = '', older = '', a = '', b = '', c = ''] = await world.put(2, 2, 2, 2, 2);
    await pull({ data: await world.data([older]) });
    await pull({ data: await world.data([old]) });
    const done = await pull({ data: await world.data([a, a, a, b, b, c]), budget: 0.0045, at_once: 1 });
    assert.deepEqual([done.stopped, done.done, done.totals.pulled, done.totals.evicted], ['budget', 2, 2, 2]);
    for (const gone of [old, older, c]) assert.equal(await world.listed(gone), undefined);
    for (const there of [a, b]) assert.notEqual((await world.listed(there))?.pulledAt ?? null, null);
    assert.ok(done.totals.oursBytes <= 4.5e6);
    // The third was not even asked for.
    assert.equal(world.pulls().includes(c), true);
  });

  test("a registry's refusal is waited out, and said", async () => {
    const images = await world.put(1, 1);
    world.registry.limitReached = true;
    const handle = await start({ data: await world.data(images) }, { refusedSeconds: 3 });
    let progress: PullProgress;
    do {
      await sleep(200);
      progress = await handle.query<PullProgress>('progress').catch(() => ({}) as PullProgress);
    } while (progress.phase !== 'waiting');
    assert.equal(progress.waiting?.why, 'refused');
    assert.deepEqual([progress.done, progress.failures], [0, []]);
    world.registry.limitReached = false;
    const done = await handle.result();
    assert.deepEqual([done.totals.pulled, done.totals.failed, done.waiting], [2, 0, null]);
  });

  test('the rate admits so many an hour, and then it waits by a timer', async () => {
    const images = await world.put(1, 1, 1);
    const handle = await start({ data: await world.data(images), rate: 2 });
    let progress: PullProgress;
    do {
      await sleep(200);
      progress = await handle.query<PullProgress>('progress').catch(() => ({}) as PullProgress);
    } while (progress.phase !== 'waiting');
    assert.deepEqual([progress.waiting?.why, progress.totals.pulled], ['rate', 2]);
    const left = Date.parse(progress.waiting?.until ?? '') - Date.now();
    assert.ok(left > 50 * 60_000 && left <= 3_601_000, String(left));
    assert.equal(world.pulls().length, 2);
    await handle.cancel();
    await assert.rejects(handle.result(), WorkflowFailedError);
  });

  test('it goes on as a new execution, with what it had', async () => {
    const [a = ''] = await world.put(1);
    // More than a page, most of which the registry does not have.
    const none = Array.from({ length: 33 }, (_, i) => `${world.registry.address}/steadfast-test/none:${i}`);
    const data = await world.data([a, a, ...none]);
    const handle = await start({ data, rate: null, at_once: 8 }, { historyLimit: 20 });
    const done = await handle.result();
    assert.deepEqual([done.done, done.totals.pulled, done.totals.failed], [34, 1, 33]);
    assert.equal(done.failures.length, 10);
    const first = (await handle.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes;
    assert.notEqual(first?.continuedExecutionRunId ?? '', '');
  });

  test('one that cannot be had is named, and the others are there', async () => {
    const [a = ''] = await world.put(1);
    const done = await pull({
      data: await world.data([`${world.registry.address}/steadfast-test/none:1`, a]),
    });
    assert.deepEqual([done.totals.pulled, done.totals.failed, done.phase], [1, 1, 'done']);
    assert.equal(done.failures[0]?.type, 'Sandbox.ImageMissing');
    assert.match(done.failures[0]?.message ?? '', /manifest unknown/);
  });

  test('wrong input is refused by the names of its fields, and so is data without images', async () => {
    const words = await refused({ data: '', rate: 0, budget: -1, at_once: 'many', dta: 'x' });
    for (const part of [
      /dta is "x", but there is no field dta; did you mean data\?/,
      /rate is 0; expected an integer from 1 to 1000 or null/,
      /budget is -1; expected a number above 0 or null/,
      /at_once is "many"; expected an integer from 1 to 8/,
      /data is ""; expected a text that is not empty/,
    ])
      assert.match(words, part);
    const example = new URL('../../../examples/', import.meta.url).pathname;
    assert.match(
      await refused({ data: example }),
      /None of the \d+ instances of .* runs in an image of its own/,
    );
  });

  test("it can be started by Temporal's own command line", async () => {
    const [a = ''] = await world.put(1);
    const input = JSON.stringify({ data: await world.data([a]), host: world.host });
    const at = ['--address', world.env.address, '--workflow-id', 'by-temporal'];
    const how = ['--type', 'pullImages', '--task-queue', 'steadfast', '--input', input];
    const temporal = async (...words: string[]) =>
      (await promisify(execFile)(temporalProgram(), ['workflow', ...words, ...at])).stdout;
    await temporal('start', ...how);
    const shown: unknown = JSON.parse(await temporal('result', '-o', 'json'));
    assert.equal((shown as { result: PullProgress }).result.totals.pulled, 1);
  });
});
