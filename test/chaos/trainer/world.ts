import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { openChain } from './chain.ts';
import { randomBatch } from './random-batch.ts';
import { startSupervised } from './supervised.ts';
import { startZygote, type Zygote } from './zygote.ts';

/** Train steps of one try: the one that is disturbed, and those before and after it. */
export const STEPS = 3;

/** Sequences of batches, so that not every try makes the same steps. */
export const TAPES = 4;

/** What the tries of all trainer rows share. */
export interface TrainerWorld {
  readonly zygote: Zygote;
  readonly artifacts: Artifacts;
  /** Folder of the base model. */
  readonly model: string;
  /** The batches of a sequence, by their sha256. */
  readonly tapes: readonly (readonly string[])[];
  /** The checkpoints that an undisturbed server makes of a sequence. */
  referenceOf(tape: number): string;
}

async function open(root: string): Promise<TrainerWorld & { readonly close: () => Promise<void> }> {
  const zygote = await startZygote();
  const close = async (): Promise<void> => {
    await zygote.close();
    await rm(root, { recursive: true });
  };
  try {
    return { ...(await prepare(zygote, root)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function prepare(zygote: Zygote, root: string): Promise<TrainerWorld> {
  const model = join(root, 'model');
  await zygote.makeModel(model);
  const artifacts = createFolderArtifacts(join(root, 'store'));
  const tapes: string[][] = [];
  for (let tape = 0; tape < TAPES; tape++) {
    const seeds = Array.from({ length: STEPS }, (_, index) => tape * STEPS + index);
    tapes.push(await Promise.all(seeds.map(async (seed) => await artifacts.putJson(randomBatch(seed)))));
  }
  const referenceOf = (tape: number): string => artifacts.runPath(`reference-${tape}`, 'checkpoints');
  const world = { zygote, artifacts, model, tapes, referenceOf };
  const server = await startSupervised(zygote);
  try {
    for (const [tape, batches] of tapes.entries()) {
      const chain = await openChain(world, { run: `reference-${tape}`, port: server.port });
      for (const batch of batches) await chain.step(batch);
    }
  } finally {
    await server.close();
  }
  return world;
}

/** One world for all rows of a process: its start takes seconds, and eight rows follow each other. */
const LINGER_MS = 3000;
let shared: ReturnType<typeof open> | null = null;
let users = 0;

/** Takes a share of the world; it ends some seconds after the last one was given back. */
export async function shareWorld(): Promise<{ readonly world: TrainerWorld; readonly giveBack: () => void }> {
  users++;
  shared ??= mkdtemp(join(tmpdir(), 'steadfast-trainer-')).then(open);
  const giveBack = (): void => {
    users--;
    setTimeout(() => {
      if (users > 0 || shared === null) return;
      void shared.then(async (world) => await world.close());
      shared = null;
    }, LINGER_MS);
  };
  try {
    return { world: await shared, giveBack };
  } catch (error) {
    users--;
    shared = null;
    throw error;
  }
}
