import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { loadConfig } from '../../../src/config.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';
import { openChain } from '../../chaos/trainer/chain.ts';
import { randomBatch } from '../../chaos/trainer/random-batch.ts';
import { startSupervised } from '../../chaos/trainer/supervised.ts';
import { verdictOf } from '../../chaos/trainer/verdict.ts';
import { startZygote, type Zygote } from '../../chaos/trainer/zygote.ts';
import { quiet } from '../../support/quiet.ts';

quiet();

const MOMENTS = ['received', 'backward', 'optimised', 'writing', 'publishing', 'reply'] as const;
const paths = toolPaths(loadConfig().cache);

/** A server as an operator starts it; resolves with its port and how to end it. */
async function startServer(): Promise<{ readonly port: number; readonly end: () => Promise<void> }> {
  const args = ['-m', 'steadfast_trainer.serve', '--port', '0', '--threads', '1', '--device', 'cpu'];
  const server = spawn(paths.trainerPython, args, {
    cwd: paths.trainer,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const end = async (): Promise<void> => {
    server.kill('SIGKILL');
    await exited;
  };
  for await (const line of createInterface(server.stdout)) {
    const port = /ready on http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return { port: Number(port), end };
  }
  throw new Error('the policy server ended before it was ready');
}

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

    const undisturbed = await startServer();
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
