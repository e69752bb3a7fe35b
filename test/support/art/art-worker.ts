import { createArtTrainer } from '../../../src/adapters/trainer/art/art-trainer.ts';
import { type ArtSettings, connectArt } from '../../../src/adapters/trainer/art/connect.ts';
import type { Patience } from '../../../src/adapters/trainer/art/make-step.ts';
import type { RunOpening } from '../../../src/domain/run-opening.ts';
import type { TrainStepRequest } from '../../../src/ports/trainer.ts';

/*
 * A worker that asks ART for a step, for a test to kill.
 */

/** What such a worker is told. */
export interface ToldWorker {
  readonly trainer: 'art' | 'art-local';
  readonly settings: ArtSettings;
  readonly patience: Patience;
  readonly opening: RunOpening;
  readonly request: TrainStepRequest;
}

const told = JSON.parse(process.argv[2] ?? '') as ToldWorker;
const { trainer, settings, patience, opening, request } = told;
const worker = createArtTrainer({ trainer, patience, connect: () => connectArt(trainer, settings, 20) });
await worker.openRun(opening);
await worker.startStep(request);
// It waits for the answer until it is killed.
setInterval(() => undefined, 1000);
