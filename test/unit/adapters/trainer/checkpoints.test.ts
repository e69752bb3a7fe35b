import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { publish, readManifest, readMetrics } from '../../../../src/adapters/trainer/checkpoints.ts';
import { requireParent } from '../../../../src/adapters/trainer/step-jobs.ts';

/** Writes a checkpoint whose adapter says who made it. */
function made(by: string): (draft: string) => Promise<object> {
  return async (draft) => {
    await mkdir(join(draft, 'adapter'));
    await writeFile(join(draft, 'adapter/weights'), by);
    await writeFile(join(draft, 'metrics.json'), '{"loss": 1}');
    await writeFile(join(draft, 'timings.json'), '{"seconds": 2}');
    return { parent: 'p', state: `tinker://${by}/weights/1` };
  };
}

describe('the publishing of a checkpoint', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-checkpoints-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true });
  });

  it('names every file but the timings, and leaves nothing else behind', async () => {
    await publish(root, 1, made('first'));
    const published = await readManifest(root, 1);
    assert.deepEqual(Object.keys(published?.manifest.files ?? {}), ['adapter/weights', 'metrics.json']);
    assert.deepEqual(await readMetrics(root, 1), { loss: 1, seconds: 2 });
    assert.deepEqual(await readdir(root), ['step-0001']);
    assert.equal(await readManifest(root, 2), null);
  });

  it('is what the next step may be asked for on top of, and nothing else is', async () => {
    await publish(root, 1, made('first'));
    const parent = (await readManifest(root, 1))?.sha256 ?? '';
    await requireParent(root, { run: 'r', step: 2, parent });
    await assert.rejects(requireParent(root, { run: 'r', step: 2, parent: 'another' }), {
      type: 'Trainer.Conflict',
      message: `parent is another: step 1 of run r has ${parent}`,
    });
    await assert.rejects(requireParent(root, { run: 'r', step: 3, parent }), {
      type: 'Trainer.Conflict',
      message: `parent is ${parent}: step 2 of run r has no manifest`,
    });
  });

  it('leaves the step to whoever came first', async () => {
    await Promise.all([publish(root, 1, made('one')), publish(root, 1, made('other'))]);
    const published = await readManifest(root, 1);
    await publish(root, 1, made('late'));
    assert.deepEqual(await readManifest(root, 1), published);
    assert.deepEqual(await readdir(root), ['step-0001']);
  });

  it('is content with the step of another that swept its draft away', async () => {
    await publish(root, 1, async (draft) => {
      await publish(root, 1, made('first'));
      return await made('late')(draft);
    });
    assert.equal((await readManifest(root, 1))?.manifest.state, 'tinker://first/weights/1');
    assert.deepEqual(await readdir(root), ['step-0001']);
  });

  it('sets a damaged checkpoint aside and takes its place', async () => {
    await publish(root, 1, made('first'));
    await writeFile(join(root, 'step-0001/adapter/weights'), 'broken');
    await publish(root, 1, made('second'));
    assert.equal((await readManifest(root, 1))?.manifest.state, 'tinker://second/weights/1');
    const names = (await readdir(root)).toSorted();
    assert.match(String(names[0]), /^\.step-0001\.damaged-/);
    assert.deepEqual(names.slice(1), ['step-0001']);
  });

  it('leaves nothing of what fails, and sweeps what a death left', async () => {
    await mkdir(join(root, '.made-step-0001.draft-dead'));
    await assert.rejects(
      publish(root, 1, () => Promise.reject(new Error('no room'))),
      /no room/,
    );
    assert.deepEqual(await readdir(root), ['.made-step-0001.draft-dead']);
    await publish(root, 1, made('first'));
    assert.deepEqual(await readdir(root), ['step-0001']);
  });
});
