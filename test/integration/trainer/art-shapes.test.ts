import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPruneActivity } from '../../../src/activities/prune-checkpoints.ts';
import { readClaim } from '../../../src/adapters/trainer/art/claims.ts';
import { quiet } from '../../support/quiet.ts';
import { ArtWorld, PATIENCE, RUN } from './art-world.ts';
import { carriedOut } from './tinker-world.ts';

quiet();

describe('the serverless API', () => {
  let world: ArtWorld;
  beforeEach(async () => {
    world = await ArtWorld.start('art');
  });
  afterEach(async () => await world.stop());

  it('is followed by the job of a worker that was killed', async () => {
    const port = world.port();
    await port.openRun(world.opening());
    world.art.faults.push('slow');
    const killed = world.killedWorker(1, 10, async () => {
      while ((await readClaim(world.folder, 1))?.claim.job !== 'j1') await sleep(10);
    });
    await killed;
    const taking = world.askOf(1, 10).then(async (ask) => carriedOut(() => world.worker().trainStep(ask)));
    // Longer than any doubt lasts: the job is known.
    await sleep(PATIENCE.doubtMs * 2);
    world.art.latch.open();
    const made = await taking;
    assert.deepEqual([made.step, made.metrics['loss'], world.art.taken.length], [1, 0.375, 1]);
  });

  it('is asked again for a job that failed', async () => {
    await world.port().openRun(world.opening());
    world.art.faults.push('fails', 'fails');
    const ask = await world.askOf(1, 10);
    await assert.rejects(
      carriedOut(() => world.worker().trainStep(ask)),
      { type: 'Trainer.Failed', message: /job j2 failed: out of memory/ },
    );
    assert.equal((await carriedOut(() => world.worker().trainStep(ask))).step, 1);
    assert.equal(world.art.taken.length, 3);
  });

  it('deletes the checkpoints that a run does not keep', async () => {
    await world.port().openRun(world.opening());
    for (const step of [1, 2, 3]) {
      const ask = await world.askOf(step, step);
      await carriedOut(() => world.worker().trainStep(ask));
    }
    const config = await world.configOf({ keep: { newest: 1, every: null, best: 0 } });
    const port = world.port();
    const trainers = { embedded: port, tinker: port, art: port, 'art-local': port };
    const { pruneCheckpoints } = createPruneActivity({ artifacts: world.artifacts, trainers });
    const count = await carriedOut(() => pruneCheckpoints({ run: RUN, config }));
    assert.ok(count > 0);
    assert.deepEqual(world.art.deleted.length, count);
    assert.ok((await port.checkpoints(RUN)).includes(3));
    assert.equal((await port.checkpoints(RUN)).length, 4 - count);
    await assert.rejects(port.deleteCheckpoint(RUN, 3), { type: 'Trainer.Conflict' });
  });

  it('tells no key to anybody', async () => {
    const wrong = { ...world.settings, apiKey: 'another-key-of-somebody' };
    await assert.rejects(world.port(wrong).openRun(world.opening()), (error: Error & { type?: string }) => {
      assert.equal(error.type, 'Trainer.ModelUnavailable');
      assert.match(error.message, /401 .*WANDB_API_KEY/);
      assert.doesNotMatch(error.message, /another-key-of-somebody/);
      return true;
    });
    const none = { ...world.settings, apiKey: null };
    await assert.rejects(world.port(none).openRun(world.opening()), {
      type: 'Config.Invalid',
      message: /trainer is "art", and WANDB_API_KEY is not set .*expected a key/,
    });
  });

  it('is asked for nothing that it cannot do', async () => {
    const config = await world.configOf({ keep: { newest: null }, startFrom: 'dusk@3' });
    await assert.rejects(
      carriedOut(() => world.worker().openTraining({ run: RUN, config })),
      { type: 'Config.Invalid', message: /start_from is "dusk@3" with trainer art; expected none/ },
    );
    assert.equal(world.art.asked.length, 0);
  });
});

describe('the local server', () => {
  it('starts its sampler once, and is named by its address', async () => {
    const world = await ArtWorld.start('art-local');
    await world.port().openRun(world.opening());
    await world.port().openRun(world.opening());
    const starts = world.art.asked.filter(({ what }) => what === 'POST /_prepare_backend_for_training');
    assert.equal(starts.length, 1);
    const nowhere = { ...world.settings, baseUrl: null };
    await assert.rejects(world.port(nowhere).openRun(world.opening()), {
      type: 'Config.Invalid',
      message: /trainer is "art-local", and ART_BASE_URL is not set .*expected the address/,
    });
    await world.stop();
  });
});
