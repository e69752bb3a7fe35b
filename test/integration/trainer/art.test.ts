import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimPath, readClaim } from '../../../src/adapters/trainer/art/claims.ts';
import { readManifest } from '../../../src/adapters/trainer/checkpoints.ts';
import { KEY } from '../../support/art/scripted-art.ts';
import { quiet } from '../../support/quiet.ts';
import { ArtWorld, RUN } from './art-world.ts';
import { carriedOut } from './tinker-world.ts';

quiet();

for (const trainer of ['art', 'art-local'] as const) {
  describe(`steps at ${trainer}`, () => {
    let world: ArtWorld;

    beforeEach(async () => {
      world = await ArtWorld.start(trainer);
      const config = await world.configOf();
      await carriedOut(() => world.worker().openTraining({ run: RUN, config }));
    });
    afterEach(async () => await world.stop());

    const train = async (step: number, token: number) => {
      const ask = await world.askOf(step, token);
      return await carriedOut(() => world.worker().trainStep(ask));
    };

    it('are made one after the other, and say what they were made of', async () => {
      const opened = await readManifest(world.folder, 0);
      const first = await train(1, 10);
      const second = await train(2, 20);
      assert.deepEqual([first.step, first.policy.model, second.step], [1, `${RUN}@1`, 2]);
      assert.equal(first.policy.apiBase, null);
      assert.deepEqual([first.metrics['loss'], first.metrics['art/updates']], [0.375, 2]);
      const manifest = (await readManifest(world.folder, 1))?.manifest;
      assert.deepEqual(
        [manifest?.parent, manifest?.batch_sha256, manifest?.['step'], manifest?.['run']],
        [opened?.sha256, await world.batchOf(10), 1, RUN],
      );
      assert.equal((await readManifest(world.folder, 2))?.manifest.parent, first.manifest);
      assert.deepEqual([world.art.taken.length, world.art.step], [2, 2]);
      assert.equal(await readClaim(world.folder, 2), null);
      assert.doesNotMatch(JSON.stringify(manifest), new RegExp(KEY));
    });

    it('are sampled at ART under the names of policy versions', async () => {
      await train(1, 10);
      const answer = await world.sampled(1);
      assert.deepEqual(
        [answer.model, answer.completionTokenIds, answer.logprobs],
        [`${RUN}@1`, [42], [-0.25]],
      );
      const named = trainer === 'art' ? `wandb-artifact:///us/steadfast/${RUN}:step1` : RUN;
      assert.equal(answer.message.content, `from ${named}`);
      await world.model().check(`${RUN}@1`, null);
      // Neither shape gives step 0 a name of its own.
      await assert.rejects(world.sampled(0), {
        type: 'Model.Unknown',
        message: /night@1 is newer than night@0/,
      });
    });

    it('are made once where the answer is lost', async () => {
      for (const [i, fault] of (['reply-lost', 'gateway'] as const).entries()) {
        world.art.faults.push(fault);
        const made = await train(i + 1, 10 * (i + 1));
        const manifest = (await readManifest(world.folder, i + 1))?.manifest;
        assert.equal(manifest?.batch_sha256, await world.batchOf(10 * (i + 1)));
        assert.equal(made.metrics['batch/unused'], undefined);
        assert.deepEqual([world.art.taken.length, world.art.step], [i + 1, i + 1]);
      }
    });

    it('are not asked for again where nobody knows, until a person does', async () => {
      world.art.faults.push('died');
      const file = claimPath(world.folder, 1);
      for (let tries = 0; tries < 2; tries++) {
        await assert.rejects(train(1, 10), (error: Error & { type?: string; nonRetryable?: boolean }) => {
          assert.deepEqual([error.type, error.nonRetryable], ['Trainer.Doubtful', true]);
          assert.match(
            error.message,
            /step 1 of run night; night is at step 0\. Once it is at step 1, resume/,
          );
          assert.ok(error.message.includes(file));
          return true;
        });
      }
      assert.equal(world.art.taken.length, 1);
      await rm(file);
      assert.equal((await train(1, 10)).step, 1);
      assert.deepEqual([world.art.taken.length, world.art.step], [2, 1]);
    });

    it('are taken over from a worker that was killed before it had the answer', async () => {
      world.art.faults.push('silent');
      await world.killedWorker(1, 10);
      const taking = train(1, 10);
      world.art.latch.open();
      assert.equal((await taking).step, 1);
      assert.deepEqual([world.art.taken.length, world.art.step], [1, 1]);
    });

    it('are asked for by one of two workers', async () => {
      world.art.faults.push('slow');
      const both = [train(1, 10), train(1, 10)];
      await world.art.hasTaken(1);
      // As long as one waits for the answer, the other doubts nothing.
      await sleep(50);
      world.art.latch.open();
      const [one, other] = await Promise.all(both);
      assert.equal(one?.manifest, other?.manifest);
      assert.equal(world.art.taken.length, 1);
    });

    it('are gone on with by a worker that starts no second sampler', async () => {
      await train(1, 10);
      assert.equal((await world.port().openRun(world.opening())).step, 1);
      const starts = world.art.asked.filter(({ what }) => what === 'POST /_prepare_backend_for_training');
      assert.equal(starts.length, trainer === 'art-local' ? 1 : 0);
    });

    it('that ART has made already are adopted', async () => {
      world.art.step = 1;
      const made = await train(1, 10);
      assert.deepEqual([made.step, made.metrics['batch/unused'], world.art.taken.length], [1, 1, 0]);
      assert.equal((await readManifest(world.folder, 1))?.manifest.batch_sha256, null);
    });

    it('are refused on another step than their parent', async () => {
      const port = world.port();
      await port.openRun(world.opening());
      world.art.step = 3;
      const request = await world.requestOf(1, 10);
      await port.startStep(request);
      await assert.rejects(
        async () => {
          while ((await port.stepState(RUN, 1)).state === 'running') await sleep(10);
        },
        { type: 'Trainer.Conflict', message: /builds on step 0, and ART's model night is at step 3/ },
      );
      await assert.rejects(world.port().openRun(world.opening()), {
        type: 'Trainer.Conflict',
        message: /run night is at step 0, and ART's model night is at step 3/,
      });
      assert.equal(world.art.taken.length, 0);
    });

    it('that are refused leave nothing behind', async () => {
      world.art.faults.push('refused');
      const made = await train(1, 10);
      // Asked for once more, as any trainer's failed step is.
      assert.deepEqual([made.step, world.art.taken.length], [1, 1]);
      world.art.faults.push('refused', 'refused');
      await assert.rejects(train(2, 20), { type: 'Trainer.Failed', message: /422 .*too many trajectories/ });
      assert.equal(await readClaim(world.folder, 2), null);
    });
  });
}
