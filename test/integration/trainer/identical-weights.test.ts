import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { openChain } from '../../chaos/trainer/chain.ts';
import { randomBatch } from '../../chaos/trainer/random-batch.ts';
import { startSupervised } from '../../chaos/trainer/supervised.ts';
import { verdictOf } from '../../chaos/trainer/verdict.ts';
import { startZygote, type Zygote } from '../../chaos/trainer/zygote.ts';
import { startPolicyServer } from '../../support/policy-server-process.ts';
import { quiet } from '../../support/quiet.ts';

quiet();

const MOMENTS = ['received', 'backward', 'optimised', 'writing', 'publishing', 'reply'] as const;

describe('a run whose policy server dies at every moment of a step', () => {
  let root: string;
  let zygote: Zygote;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-identical-'));
    zygote = await startZygote();
  });
  after(async () => {
    await zygote.close();
    await rm(root, { recursive: true });
  });

  it('ends with the files of an undisturbed run, byte for byte', async () => {
    const model = join(root, 'model');
    await zygote.makeModel(model);
    const artifacts = createFolderArtifacts(join(root, 'store'));
    const batches = await Promise.all(
      MOMENTS.map(async (_, seed) => await artifacts.putJson(randomBatch(seed))),
    );

    const undisturbed = await startPolicyServer();
    const clean = await openChain({ artifacts, model }, { run: 'clean', port: undisturbed.port });
    for (const batch of batches) await clean.step(batch);
    await undisturbed.end();

    const server = await startSupervised(zygote);
    const faulted = await openChain({ artifacts, model }, { run: 'faulted', port: server.port });
    for (const [index, batch] of batches.entries()) {
      const killed = server.current();
      await server.arm(`step.${MOMENTS[index]}`, 'kill');
      await faulted.step(batch);
      assert.equal(await killed.ended, -9, `step.${MOMENTS[index]} was not reached`);
    }
    await server.close();

    assert.equal(faulted.answered.length, 1 + MOMENTS.length);
    assert.deepEqual(await verdictOf(faulted.folder, clean.folder, faulted.answered), {
      lost: 0,
      doubled: 0,
      leaked: 0,
      broken: '',
    });
  });
});
