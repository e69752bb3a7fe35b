import type { TrainingConfig } from '../../src/domain/run-config.ts';

/** How small models are trained in tests, where it is not what is tested. */
export const TRAINING: TrainingConfig = {
  learningRate: 1e-2,
  loraRank: 4,
  loss: 'dapo',
  importance: 'token',
  clipLow: 0.2,
  clipHigh: 0.28,
  klCoefficient: 0,
  advantage: 'mean',
};
