import { execFile } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { SteadfastError } from '../../../domain/failures.ts';

const TENSORS = 'adapter_model.safetensors';
const CONFIG = 'adapter_config.json';

/** Of PEFT's adapter_config.json: what its weights mean. */
const configSchema = z.looseObject({ r: z.number(), lora_alpha: z.number() });

/** What an adapter must be, so that the policy server samples from what was trained. */
export interface ExpectedAdapter {
  readonly baseModel: string;
  readonly rank: number;
  readonly alpha: number;
}

/**
 * Unpacks an archive of a PEFT adapter into `folder`. Its config is made whole: servers leave out the modules that the
 * weights belong to, which PEFT would then guess by the kind of model.
 */
export async function unpackAdapter(
  archive: Uint8Array,
  folder: string,
  expected: ExpectedAdapter,
): Promise<void> {
  const unpacked = `${folder}.unpacked`;
  await mkdir(unpacked, { recursive: true });
  await mkdir(folder);
  const packed = join(unpacked, 'archive.tar');
  await writeFile(packed, archive);
  try {
    // Without a word of its compression, which tar sees itself: servers differ in it.
    await promisify(execFile)('tar', ['-xf', packed, '--no-same-owner', '-C', unpacked]);
  } catch (error) {
    throw new SteadfastError(
      'Trainer.Failed',
      `The Tinker server's archive of an adapter: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
  const files = await readdir(unpacked, { recursive: true });
  await rename(join(unpacked, found(files, TENSORS)), join(folder, TENSORS));
  const config = configSchema.parse(
    JSON.parse(await readFile(join(unpacked, found(files, CONFIG)), 'utf8')) as unknown,
  );
  await rm(unpacked, { recursive: true });
  checkShape(config, expected);
  const whole = {
    ...config,
    base_model_name_or_path: expected.baseModel,
    target_modules: await modulesOf(join(folder, TENSORS)),
    task_type: 'CAUSAL_LM',
    inference_mode: true,
  };
  await writeFile(join(folder, CONFIG), `${JSON.stringify(whole, null, 1)}\n`);
}

function found(files: readonly string[], name: string): string {
  const file = files.find((one) => one === name || one.endsWith(`/${name}`));
  if (file !== undefined) return file;
  const why = `holds ${files.join(', ')}; expected ${name} in it`;
  throw new SteadfastError('Trainer.Failed', `The Tinker server's archive of an adapter ${why}`);
}

function checkShape(config: z.infer<typeof configSchema>, { rank, alpha }: ExpectedAdapter): void {
  for (const [field, value, wanted] of [
    ['r', config.r, rank],
    ['lora_alpha', config.lora_alpha, alpha],
  ] as const) {
    if (value === wanted) continue;
    const why = `${field} is ${value} in the adapter of the Tinker server; expected ${wanted}, as the run was opened with`;
    throw new SteadfastError('Trainer.Failed', why);
  }
}

/** The modules that a file of LoRA weights is of, by the names of its tensors. */
async function modulesOf(file: string): Promise<string[]> {
  const handle = await open(file);
  try {
    const { buffer: size } = await handle.read(Buffer.alloc(8), 0, 8, 0);
    const length = Number(size.readBigUInt64LE());
    const { buffer: header } = await handle.read(Buffer.alloc(length), 0, length, 8);
    const names = Object.keys(JSON.parse(header.toString('utf8')) as object);
    const modules = names.flatMap((name) => /([^.]+)\.lora_[AB]\./.exec(name)?.[1] ?? []);
    return [...new Set(modules)].toSorted();
  } finally {
    await handle.close();
  }
}
