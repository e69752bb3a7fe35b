import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { SteadfastError } from '../../domain/failures.ts';
import type { TrainStepRequest } from '../../ports/trainer.ts';
import { sha256Of } from '../artifacts/sha256.ts';

/** The content of a step's batch file; `Artifact.Corrupt` where the file is not the one that was asked for. */
export async function readBatchFile<T>(
  { path, sha256 }: TrainStepRequest['batch'],
  schema: z.ZodType<T>,
): Promise<T> {
  const bytes = await readFile(path);
  const found = sha256Of(bytes);
  if (found !== sha256) {
    const why = `the batch file ${path} has the hash ${found}; expected ${sha256}`;
    throw new SteadfastError('Artifact.Corrupt', why);
  }
  return schema.parse(JSON.parse(bytes.toString('utf8')));
}
