import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { madeOnce } from '../../../src/adapters/datasets/made-once.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('what killed makers left is swept away after a day, and nothing else', async (t) => {
  const parent = temporaryHome(t);
  const put = async (name: string, ageMs: number): Promise<string> => {
    await mkdir(join(parent, name));
    await writeFile(join(parent, name, 'file'), '');
    const then = new Date(Date.now() - ageMs);
    await utimes(join(parent, name), then, then);
    return name;
  };
  const [day, hour] = [24 * 3_600_000, 3_600_000];
  for (const kind of ['draft', 'git', 'draft.txt']) await put(`.${randomUUID()}.${kind}`, day + hour);
  const kept = [
    await put(`.${randomUUID()}.draft`, day - hour),
    await put('0123456789abcdef', 9 * day),
    await put('.of-somebody-else', 9 * day),
  ];
  const made = await madeOnce(parent, ['a'], async (draft) => await writeFile(join(draft, 'made'), ''));
  assert.deepEqual(await readdir(made), ['made']);
  assert.deepEqual((await readdir(parent)).toSorted(), [...kept, basename(made)].toSorted());
});
