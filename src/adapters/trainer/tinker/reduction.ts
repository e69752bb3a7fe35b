import { SteadfastError } from '../../../domain/failures.ts';
import type { Reduction } from './data.ts';
import type { Datum } from './messages.ts';
import type { TinkerModel } from './session.ts';

/**
 * Finds out what a server makes of the losses of a batch, which none says: the gradient of one sequence is measured, and
 * that of two such, each with as many positions again that have no loss. It is twice as much where losses are summed, and
 * half as much where the mean is taken of positions and of sequences. The model stays as it is: the learning rate is 0.
 */
export async function measureReduction(model: TinkerModel): Promise<Reduction> {
  const one = { tokens: [1, 2], targets: [2, 3], logprobs: [0, -5], advantages: [0, 1] };
  const longer = {
    tokens: [1, 2, 3, 4],
    targets: [2, 3, 4, 5],
    logprobs: [0, -5, 0, 0],
    advantages: [0, 1, 0, 0],
  };
  const normOf = async (data: readonly Datum[]): Promise<number | null> => {
    // Clipped at nothing, whatever the model thinks of the tokens.
    await model.forwardBackward(data, { low: 0, high: 1e6 });
    return await model.optimStep(0);
  };
  const [before, after] = [await normOf([one]), await normOf([longer, longer])];
  // Tinker's own convention, where a server does not say what it measures.
  if (before === null || after === null) return 'sum';
  if (near(after, 2 * before)) return 'sum';
  if (near(after, before / 2)) return 'mean';
  const why = `the gradient of a sequence has the norm ${before}, that of two with twice the positions ${after}`;
  throw new SteadfastError(
    'Trainer.ModelUnavailable',
    `The Tinker server: ${why}; expected twice or half as much`,
  );
}

function near(value: number, expected: number): boolean {
  return Math.abs(value - expected) <= 0.01 * Math.abs(expected);
}
