import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { z } from 'zod';
import { sha256Of } from '../../../../src/adapters/artifacts/sha256.ts';
import { readBatchFile } from '../../../../src/adapters/trainer/batch-file.ts';
import { temporaryHome } from '../../../support/temporary-home.ts';

const schema = z.object({ samples: z.array(z.int()) });

test('a batch file is read by its hash, and by its shape', async (t) => {
  const path = join(temporaryHome(t), 'batch');
  const text = '{"samples":[1,2]}';
  writeFileSync(path, text);
  const sha256 = sha256Of(Buffer.from(text));
  assert.deepEqual(await readBatchFile({ path, sha256 }, schema), { samples: [1, 2] });
  await assert.rejects(readBatchFile({ path, sha256 }, z.object({ groups: z.array(z.int()) })), /groups/);
  writeFileSync(path, '{"samples":[1,3]}');
  await assert.rejects(readBatchFile({ path, sha256 }, schema), {
    type: 'Artifact.Corrupt',
    message: new RegExp(`^the batch file ${path} has the hash [0-9a-f]{64}; expected ${sha256}$`),
  });
});
