import { makeStep } from '../../src/adapters/trainer/tinker/make-step.ts';
import { createTinkerServer } from '../../src/adapters/trainer/tinker/wire.ts';
import type { RunOpening } from '../../src/domain/run-opening.ts';
import type { TrainStepRequest } from '../../src/ports/trainer.ts';

/*
 * A worker that makes a step behind a Tinker server and dies by SIGKILL as it is about to send what its argument says.
 */

/** What such a worker is told. */
export interface DyingStep {
  readonly baseUrl: string;
  readonly opening: RunOpening;
  readonly request: TrainStepRequest;
  /** Part of the address or of the body of what is not sent any more. */
  readonly diesBefore: string;
}

const { baseUrl, opening, request, diesBefore } = JSON.parse(process.argv[2] ?? '') as DyingStep;
const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : input.toString();
  const sent = `${init?.method} ${url} ${typeof init?.body === 'string' ? init.body : ''}`;
  if (sent.includes(diesBefore)) process.kill(process.pid, 'SIGKILL');
  return await fetch(input, init);
};
await makeStep(createTinkerServer({ baseUrl, apiKey: null }), 'mean', opening, request);
