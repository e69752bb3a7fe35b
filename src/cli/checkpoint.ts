import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { policyVersionOf } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { CommandError, UsageError } from './errors.ts';

/** A published checkpoint whose adapter is as its manifest says. */
export interface Checkpoint {
  /** Folder or name of the model that the adapter is of. */
  readonly baseModel: string;
  /** The adapter's folder, in PEFT's format. */
  readonly adapter: string;
  /** Of the LoRA adapter, where the manifest tells it. */
  readonly rank: number | undefined;
}

/** The checkpoint of a policy version (`run@step`); refused where there is none, or its files were changed. */
export async function checkpointOf(artifacts: Artifacts, version: string): Promise<Checkpoint> {
  const named = policyVersionOf(version);
  if (named === null) {
    throw new UsageError(`${JSON.stringify(version)} is no policy version; expected RUN@STEP, as night@12`);
  }
  const folder = artifacts.runPath(named.run, named.path);
  const text = await artifacts.readRunFile(named.run, `${named.path}/manifest.json`);
  if (text === null) throw new CommandError(`there is no checkpoint ${folder}`);
  const {
    base_model: baseModel,
    files,
    ...manifest
  } = JSON.parse(text) as {
    readonly base_model: string;
    readonly files: Readonly<Record<string, string>>;
    readonly lora?: { readonly rank?: number };
    readonly sampled_at?: { readonly model: string };
  };
  if (manifest.sampled_at !== undefined) {
    throw new CommandError(`${version} has no adapter here: ART keeps it, as ${manifest.sampled_at.model}`);
  }
  for (const [name, sha256] of Object.entries(files)) {
    if (!name.startsWith('adapter/')) continue;
    const found = await sha256Of(join(folder, name)).catch(() => 'missing');
    if (found !== sha256)
      throw new CommandError(`${join(folder, name)} is not as its manifest says: it was changed or lost`);
  }
  return { baseModel, adapter: join(folder, 'adapter'), rank: manifest.lora?.rank };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
