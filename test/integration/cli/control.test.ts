import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { CliWorld } from './cli-world.ts';

describe('steadfast pause, resume, drain and cancel, against a server with stub workers', () => {
  let world: CliWorld;
  before(async () => {
    world = await CliWorld.start();
  });
  after(async () => await world.stop());

  it('pauses, resumes and drains a run, and says what it refuses', async () => {
    const gate = Promise.withResolvers<void>();
    await world.withStubs({ checkModel: () => gate.promise }, async () => {
      const start = ['run', '--model', 'm', '--data', world.data, '--run', 'paused', '--detach'];
      assert.equal((await world.steadfast(start)).code, 0);
      const refused = await world.steadfast(['resume', 'paused']);
      assert.deepEqual(
        [refused.code, refused.stderr],
        [1, 'steadfast resume: run paused: The run is not held.\n'],
      );
      const paused = await world.steadfast(['pause', 'paused', '--reason', 'disk is being changed']);
      assert.equal(
        paused.stdout,
        'run paused is held; let it go on with: steadfast resume paused\n',
        paused.stderr,
      );
      const { stdout } = await world.steadfast(['status', 'paused']);
      assert.match(stdout, /^held since [-0-9]+ [:0-9]+ UTC: disk is being changed$/m);
      assert.match(stdout, /steadfast resume paused/);
      assert.match(
        (await world.steadfast(['pause', 'paused'])).stderr,
        /held already: disk is being changed/,
      );
      assert.equal((await world.steadfast(['resume', 'paused'])).stdout, 'run paused goes on\n');
      assert.match((await world.steadfast(['drain', 'paused'])).stdout, /run paused is draining/);
      assert.match((await world.steadfast(['status', 'paused'])).stdout, /^draining: /m);
      gate.resolve();
      assert.equal((await world.steadfast(['run', '--attach', 'paused'])).code, 0);
      assert.match((await world.steadfast(['drain', 'paused'])).stderr, /is over already: completed/);
    });
  });

  it('cancels where no worker answers, and says so of all else', { timeout: 90_000 }, async () => {
    await world.env.client.workflow.start('train', {
      workflowId: 'deserted',
      taskQueue: 'steadfast',
      args: [{}],
    });
    const paused = await world.steadfast(['pause', 'deserted']);
    assert.equal(paused.code, 1);
    assert.match(paused.stderr, /no worker answers for run deserted; steadfast up/);
    assert.match((await world.steadfast(['cancel', 'deserted'])).stdout, /deserted is asked to end/);
    const events = await world.env.client.workflow.getHandle('deserted').fetchHistory();
    assert.ok(events.events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes));
    await world.env.client.workflow.getHandle('deserted').terminate();
  });
});
