import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { unpackAdapter } from '../../../../../src/adapters/trainer/tinker/archive.ts';
import { temporaryHome } from '../../../../support/temporary-home.ts';

const FILES = ['adapter_model.safetensors', 'adapter_config.json'];
const EXPECTED = { baseModel: 'base', rank: 8, alpha: 32 };

for (const [how, flag] of [
  ['packed', '-z'],
  ['plain', '--format=ustar'],
] as const) {
  test(`a ${how} archive of an adapter is unpacked, and its config made whole`, async (t) => {
    const home = temporaryHome(t);
    const header = Buffer.from(JSON.stringify({ 'model.layers.0.q_proj.lora_A.weight': {} }));
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(BigInt(header.length));
    await writeFile(join(home, 'adapter_model.safetensors'), Buffer.concat([size, header]));
    await writeFile(join(home, 'adapter_config.json'), '{"r":8,"lora_alpha":32}');
    const archive = join(home, 'archive');
    await promisify(execFile)('tar', ['-c', flag, '-f', archive, '-C', home, ...FILES]);

    const adapter = join(home, 'adapter');
    await unpackAdapter(await readFile(archive), adapter, EXPECTED);
    const config = JSON.parse(await readFile(join(adapter, 'adapter_config.json'), 'utf8')) as object;
    assert.deepEqual(config, {
      r: 8,
      lora_alpha: 32,
      base_model_name_or_path: 'base',
      target_modules: ['q_proj'],
      task_type: 'CAUSAL_LM',
      inference_mode: true,
    });
    assert.deepEqual(
      await readFile(join(adapter, 'adapter_model.safetensors')),
      Buffer.concat([size, header]),
    );
  });
}
