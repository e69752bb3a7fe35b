import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Seeds } from '../../../src/adapters/sandbox/bubblewrap/seeds.ts';

test('a seed in the making outlasts the making of others, however old its tree is', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'steadfast-seeds-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [slow, quick] = [await oldTree(root, 'slow'), await oldTree(root, 'quick')];
  const seeds = new Seeds(root);

  const seed = await seeds.of(
    slow,
    async (folder) => {
      await seeds.of(quick, async () => await Promise.resolve(), nothingInUse);
      assert.ok(existsSync(join(folder, 'file')), 'it was taken for what a killed maker left');
    },
    nothingInUse,
  );

  assert.ok(existsSync(join(seed, 'file')));
});

async function nothingInUse(): Promise<ReadonlySet<string>> {
  return await Promise.resolve(new Set<string>());
}

/** A tree that was last changed a day ago. */
async function oldTree(root: string, name: string) {
  const tree = join(root, name);
  await mkdir(tree);
  writeFileSync(join(tree, 'file'), 'content');
  const yesterday = new Date(Date.now() - 86_400_000);
  utimesSync(tree, yesterday, yesterday);
  return { tree, hidden: [] };
}
