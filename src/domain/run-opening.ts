import { policyVersionOf } from './ids.ts';
import type { RunConfig } from './run-config.ts';

/** What a trainer is told to open a run with; the same at every opening. */
export interface RunOpening {
  readonly run: string;
  readonly baseModel: string;
  readonly checkpointDir: string;
  readonly loraRank: number;
  /** Null for the policy server's own, which grows with the rank. */
  readonly loraAlpha: number | null;
  readonly seed: number;
  /** Folder of the checkpoint that a new run begins at; null for fresh weights. */
  readonly from: string | null;
}

/** The LoRA alpha of Tinker's servers: their API has no field for another. */
export const TINKER_LORA_ALPHA = 32;

/** The opening of a run whose files lie in `store`. */
export function openingOf(
  run: string,
  { model, seed, training, trainer, startFrom = null }: RunConfig,
  store: { readonly runPath: (run: string, path: string) => string },
): RunOpening {
  const version = startFrom === null ? null : policyVersionOf(startFrom);
  return {
    run,
    baseModel: model,
    checkpointDir: store.runPath(run, 'checkpoints'),
    loraRank: training.loraRank,
    loraAlpha: trainer === 'tinker' ? TINKER_LORA_ALPHA : null,
    seed,
    from: version === null ? null : store.runPath(version.run, version.path),
  };
}
