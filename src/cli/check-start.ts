import type { Artifacts } from '../ports/artifacts.ts';
import { parseRunConfig } from '../schemas/run-config.ts';
import { checkpointOf } from './checkpoint.ts';
import { CommandError } from './errors.ts';

/** A run that begins where an earlier one stood needs that checkpoint whole, and of its own model and rank. */
export async function checkStart(
  artifacts: Artifacts,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { model, startFrom, training } = parseRunConfig(input, { workflowId: '', machineConcurrency: 1 });
  if (startFrom === undefined || startFrom === null) return;
  const named = `start_from is ${JSON.stringify(startFrom)}`;
  const { baseModel, rank } = await checkpointOf(artifacts, startFrom).catch((error: unknown) => {
    throw error instanceof CommandError
      ? new CommandError(`${named}: ${error.message}`, { cause: error })
      : error;
  });
  if (baseModel !== model) {
    throw new CommandError(`${named}, of the model ${baseModel}; expected that for model, which is ${model}`);
  }
  if (rank !== undefined && rank !== training.loraRank) {
    throw new CommandError(
      `${named}, of rank ${rank}; expected that for lora_rank, which is ${training.loraRank}`,
    );
  }
}
