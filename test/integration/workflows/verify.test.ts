import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { verify } from '../../../src/workflows/index.ts';
import { verifyProgressQuery } from '../../../src/workflows/messages.ts';
import type { VerifyCarried } from '../../../src/workflows/verify.ts';
import { agreed, VerifyStubs } from '../../support/stub-verify.ts';
import { withWorkers } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

describe('verify', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  const run = async (
    name: string,
    activities: ReturnType<VerifyStubs['activities']>,
    carried: VerifyCarried = {},
  ) =>
    await withWorkers(env, activities, async () => {
      const handle = await env.client.workflow.start<typeof verify>('verify', {
        taskQueue: TASK_QUEUES.workflows,
        workflowId: `${name}/verify`,
        args: [{ run: name }, carried],
      });
      return { handle, result: await handle.result(), progress: await handle.query(verifyProgressQuery) };
    });

  it('grades each trajectory once, a few at a time, a page after another, over several executions', async () => {
    const stubs = new VerifyStubs(60);
    const { handle, result, progress } = await run('long', stubs.activities(), { historyLimit: 20 });
    assert.deepEqual([result.phase, result.checked, result.outcomes], ['done', 60, { agrees: 60 }]);
    assert.deepEqual(progress, result);
    assert.deepEqual(
      stubs.pages.map(({ from, verified }) => [from, verified.length]),
      [
        [0, 24],
        [24, 24],
        [48, 12],
      ],
    );
    assert.deepEqual(
      stubs.pages.flatMap(({ verified }) => verified.map(({ path }) => path)),
      stubs.entries.map(({ path }) => path),
    );
    assert.deepEqual([stubs.graded.length, new Set(stubs.graded).size], [60, 60]);
    assert.ok(stubs.peak <= 3, `${stubs.peak} at once`);
    assert.notEqual((await handle.describe()).runId, handle.firstExecutionRunId);
  });

  it('counts what disagrees, is damaged or could not be graded, and shows some of it', async () => {
    const stubs = new VerifyStubs(40, (entry) => {
      if (entry.path.endsWith('/7.json'))
        throw ApplicationFailure.nonRetryable('no image', 'Sandbox.ImageMissing');
      return { ...agreed(entry), outcome: entry.path.endsWith('/9.json') ? 'damaged' : 'disagrees' };
    });
    const { result } = await run('differs', stubs.activities());
    assert.deepEqual(result.outcomes, { disagrees: 38, failed: 1, damaged: 1 });
    assert.equal(result.examples.length, 10);
    const failed = stubs.pages[0]?.verified[7];
    assert.deepEqual([failed?.outcome, failed?.detail], ['failed', 'Sandbox.ImageMissing: no image']);
  });

  it('waits for a host that has lost its daemon', async () => {
    let asked = 0;
    const stubs = new VerifyStubs(2, (entry) => {
      if (asked++ === 0) throw ApplicationFailure.nonRetryable('no daemon', 'Sandbox.Unavailable');
      return agreed(entry);
    });
    const { result } = await run('no-daemon', stubs.activities());
    assert.deepEqual(result.outcomes, { agrees: 2 });
  });

  it('writes a page of nothing for a run without scored trajectories', async () => {
    const stubs = new VerifyStubs(0);
    const { result } = await run('empty', stubs.activities());
    assert.deepEqual([result.checked, stubs.pages], [0, [{ from: 0, verified: [] }]]);
  });

  it('ends at once with the named fields of a wrong input', async () => {
    const stubs = new VerifyStubs(1);
    await assert.rejects(run('wrong', stubs.activities({ planVerification: refusing })), (error) => {
      const cause = error instanceof WorkflowFailedError ? error.cause : null;
      return (
        cause instanceof ApplicationFailure &&
        cause.type === 'Config.Invalid' &&
        cause.message === 'share is 2'
      );
    });
  });
});

async function refusing(): Promise<never> {
  throw ApplicationFailure.nonRetryable('share is 2', 'Config.Invalid');
}
