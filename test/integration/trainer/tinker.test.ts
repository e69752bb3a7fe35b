import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createPruneActivity } from '../../../src/activities/prune-checkpoints.ts';
import { unpackAdapter } from '../../../src/adapters/trainer/tinker/archive.ts';
import { readManifest } from '../../../src/adapters/trainer/checkpoints.ts';
import { makeStep } from '../../../src/adapters/trainer/tinker/make-step.ts';
import { createModel, type TinkerModel } from '../../../src/adapters/trainer/tinker/session.ts';
import { createTinkerTrainer } from '../../../src/adapters/trainer/tinker/tinker-trainer.ts';
import { createTinkerServer } from '../../../src/adapters/trainer/tinker/wire.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { stepName } from '../../../src/domain/ids.ts';
import type { DyingStep } from '../../support/dying-tinker-worker.ts';
import { quiet } from '../../support/quiet.ts';
import { carriedOut, largest, OF_TINKER, RUN, sampleOf, TinkerWorld, weightsOf } from './tinker-world.ts';

quiet();

async function step(model: TinkerModel, advantage: number): Promise<void> {
  const data = { tokens: [5, 6], targets: [6, 7], logprobs: [-6, -6], advantages: [1, advantage] };
  await model.forwardBackward([data], { low: 0.8, high: 1.2 });
  await model.optimStep(1e-2);
}

async function opening(world: TinkerWorld, config: string): Promise<unknown> {
  return await carriedOut(() => world.worker().openTraining({ run: 'refused', config }));
}

describe('a trainer behind a Tinker server', () => {
  let world: TinkerWorld;
  let config: string;

  before(async () => {
    world = await TinkerWorld.start();
    config = await world.configOf();
  });
  after(async () => await world.stop());

  it('makes steps whose adapters sample as the weights of the server do', async () => {
    const training = world.worker();
    const opened = await carriedOut(() => training.openTraining({ run: RUN, config }));
    assert.equal(opened.step, 0);
    const batch = await world.batchOf(0, 1);
    const made = await carriedOut(() =>
      training.trainStep({ run: RUN, step: 1, config, parent: opened.manifest, batch }),
    );
    assert.deepEqual([made.step, made.policy.model], [1, `${RUN}@1`]);
    // The policy that sampled is the one that the server began with.
    assert.ok((made.metrics['logprob_difference'] ?? 1) < 1e-3, JSON.stringify(made.metrics));
    assert.ok((made.metrics['grad_norm'] ?? 0) > 0);

    const { tokens, logprobs } = sampleOf(await world.sampled(1, 9), 0);
    const asked = {
      tokens: tokens.slice(0, -1),
      targets: tokens.slice(1),
      logprobs: logprobs.slice(1),
      advantages: tokens.slice(1).map(() => 0),
    };
    const logprobsOf = async (state: string | null): Promise<readonly number[] | undefined> => {
      const server = createTinkerServer({ baseUrl: world.tinker.baseUrl, apiKey: null });
      const model = await createModel(server, { baseModel: world.base, rank: 8, seed: 7 });
      if (state !== null) await model.load(state);
      // No step follows: the model that comes next must not hear of these gradients.
      const [own] = await model.forwardBackward([asked], { low: 0.8, high: 1.2 });
      await model.unload();
      return own;
    };
    const fresh = await logprobsOf(null);
    const own = await logprobsOf((await readManifest(world.folder, 1))?.manifest.state ?? '');
    const apart = (theirs: readonly number[] | undefined): number => {
      return Math.max(
        ...logprobs.slice(1).map((ours, i) => (ours === 0 ? 0 : Math.abs(ours - (theirs?.[i] ?? 0)))),
      );
    };
    assert.ok(apart(own) < 1e-3, `logprobs differ by ${apart(own)}`);
    assert.ok(apart(fresh) > 1e-2, 'the step changed nothing');
  });

  it('goes on from a saved state as if it had never been put down, the optimiser included', async () => {
    const server = createTinkerServer({ baseUrl: world.tinker.baseUrl, apiKey: null });
    const begin = { baseModel: world.base, rank: 8, seed: 3 };
    const unbroken = await createModel(server, begin);
    await step(unbroken, -1);
    const state = await unbroken.save('between');
    await step(unbroken, 1);
    const resumed = await createModel(server, { ...begin, seed: 4 });
    await resumed.load(state);
    await step(resumed, 1);
    for (const [name, model] of Object.entries({ unbroken, resumed })) {
      const adapter = join(world.root, name, stepName(1), 'adapter');
      await mkdir(dirname(adapter), { recursive: true });
      await unpackAdapter(await model.exportAdapter(name), adapter, { ...begin, alpha: 32 });
      await model.unload();
    }
    const apart = largest(
      await weightsOf(join(world.root, 'unbroken'), 1),
      await weightsOf(join(world.root, 'resumed'), 1),
    );
    assert.ok(apart < 1e-6, `the weights differ by ${apart}`);
  });

  it('makes a step once, however often and by however many workers it is asked for', async () => {
    const first = await readManifest(world.folder, 1);
    const opened = await readManifest(world.folder, 0);
    assert.ok(first && opened);
    const other = await world.batchOf(0, 11);
    const late = await carriedOut(() =>
      world.worker().trainStep({ run: RUN, step: 1, config, parent: opened.sha256, batch: other }),
    );
    assert.deepEqual([late.manifest, late.metrics['batch/unused']], [first.sha256, 1]);

    const batch = await world.batchOf(1, 21);
    const ask = { run: RUN, step: 2, config, parent: first.sha256, batch };
    const both = await Promise.all([1, 2].map(() => carriedOut(() => world.worker().trainStep(ask))));
    assert.equal(both[0]?.manifest, both[1]?.manifest);
    assert.deepEqual(
      [both[0]?.metrics['batch/unused'], both[1]?.metrics['batch/unused']],
      [undefined, undefined],
    );
    const second = await readManifest(world.folder, 2);
    assert.deepEqual([second?.sha256, second?.manifest.parent], [both[0]?.manifest, first.sha256]);
    assert.deepEqual(await world.leftovers(), []);
  });

  it('makes the step that a worker died in again, as an undisturbed one is made', async () => {
    const second = await readManifest(world.folder, 2);
    const batch = await world.batchOf(2, 31);
    const request = {
      run: RUN,
      step: 3,
      parent: second?.sha256 ?? '',
      batch: { path: world.artifacts.blobPath(batch), sha256: batch },
      training: OF_TINKER,
      temperature: 1,
    };
    const undisturbed = join(world.root, 'undisturbed');
    await cp(world.folder, undisturbed, { recursive: true });
    const server = createTinkerServer({ baseUrl: world.tinker.baseUrl, apiKey: null });
    await makeStep(server, 'mean', world.openingIn(undisturbed), request);

    for (const diesBefore of [
      `"learning_rate":${OF_TINKER.learningRate}`,
      'save_weights_for_sampler',
      'DELETE',
    ]) {
      const told: DyingStep = {
        baseUrl: world.tinker.baseUrl,
        opening: world.openingIn(world.folder),
        request,
        diesBefore,
      };
      const program = fileURLToPath(new URL('../../support/dying-tinker-worker.ts', import.meta.url));
      const dying = spawn(process.execPath, [program, JSON.stringify(told)], { stdio: 'inherit' });
      assert.deepEqual(await once(dying, 'exit'), [null, 'SIGKILL']);
      assert.equal(await readManifest(world.folder, 3), null);
    }
    const made = await carriedOut(() => world.worker().trainStep({ ...request, config, batch }));
    const third = await readManifest(world.folder, 3);
    assert.deepEqual([third?.sha256, third?.manifest.parent], [made.manifest, second?.sha256]);
    // The server promises no bits; what a dead worker's gradients would add is as large as the step itself.
    const apart = largest(await weightsOf(world.folder, 3), await weightsOf(undisturbed, 3));
    assert.ok(apart < 1e-6, `the weights differ by ${apart}`);
    assert.ok(largest(await weightsOf(world.folder, 3), await weightsOf(world.folder, 2)) > 1e-3);
    assert.deepEqual(await world.leftovers(), []);
  });

  it('ends a step whose server is killed in the middle of it and started again', async () => {
    const third = await readManifest(world.folder, 3);
    const batch = await world.batchOf(3, 41);
    const ask = { run: RUN, step: 4, config, parent: third?.sha256 ?? '', batch };
    const saving = world.tinker.asked('/api/v1/save_weights ');
    const making = carriedOut(() => world.worker().trainStep(ask));
    await Promise.race([saving, making]);
    await world.tinker.kill();
    await world.tinker.serve();
    const made = await making;
    const fourth = await readManifest(world.folder, 4);
    assert.deepEqual([fourth?.sha256, fourth?.manifest.parent], [made.manifest, third?.sha256]);
    assert.deepEqual(await world.leftovers(), []);
  });

  it('refuses what the server cannot do, before anything starts', async () => {
    await assert.rejects(opening(world, await world.configOf({}, { klCoefficient: 0.1 })), {
      type: 'Config.Invalid',
      message: /kl_coefficient is 0.1 with trainer tinker; expected 0/,
    });
    await assert.rejects(opening(world, await world.configOf({ model: 'Qwen/Qwen3-8B' })), {
      type: 'Trainer.ModelUnavailable',
      message: /model is "Qwen\/Qwen3-8B"; the Tinker server at .* has /,
    });
    await assert.rejects(opening(world, await world.configOf({}, { loraRank: 64 })), {
      type: 'Trainer.ModelUnavailable',
      message: /64/,
    });
    const nowhere = createTinkerTrainer({
      baseUrl: null,
      apiKey: null,
      policyServer: world.workerTrainers().embedded,
    });
    await assert.rejects(
      nowhere.openRun(world.openingIn(world.folder)),
      (error) => error instanceof SteadfastError && error.type === 'Config.Invalid',
    );
  });

  it('deletes a checkpoint with the state that its server holds', async () => {
    const trainers = world.workerTrainers();
    const state = (await readManifest(world.folder, 1))?.manifest.state ?? '';
    const [, model, checkpoint] = /^tinker:\/\/([^/]+)\/weights\/(.+)$/.exec(state) ?? [];
    const held = join(world.root, 'tinker/checkpoints', String(model), `${checkpoint}.tar.gz`);
    assert.ok((await readdir(join(held, '..'))).includes(`${checkpoint}.tar.gz`));
    const { pruneCheckpoints } = createPruneActivity({ artifacts: world.artifacts, trainers });
    const kept = await world.configOf({ keep: { newest: 1, every: null, best: 0 } });
    assert.ok((await carriedOut(() => pruneCheckpoints({ run: RUN, config: kept }))) > 0);
    assert.ok(!(await trainers.tinker.checkpoints(RUN)).includes(1));
    assert.ok(!(await readdir(join(held, '..'))).includes(`${checkpoint}.tar.gz`));
  });
});
