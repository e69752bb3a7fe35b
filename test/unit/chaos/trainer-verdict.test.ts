import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AnsweredStep } from '../../chaos/trainer/chain.ts';
import { verdictOf } from '../../chaos/trainer/verdict.ts';

const CLEAN = { lost: 0, doubled: 0, leaked: 0, broken: '' };

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Two checkpoints as a policy server leaves them, and what it answered. */
async function writeRun(folder: string): Promise<AnsweredStep[]> {
  const answered: AnsweredStep[] = [];
  for (const step of [0, 1]) {
    const place = join(folder, `step-000${step}`);
    await mkdir(place, { recursive: true });
    const weights = `weights ${step}`;
    const parent = answered.at(-1)?.manifest ?? null;
    const manifest = JSON.stringify({ step, parent, files: { weights: sha256Of(weights) } });
    await writeFile(join(place, 'weights'), weights);
    await writeFile(join(place, 'timings.json'), '1');
    await writeFile(join(place, 'manifest.json'), manifest);
    answered.push({ step, manifest: sha256Of(manifest), timings: '1' });
  }
  await writeFile(join(folder, '.lock'), '');
  return answered;
}

describe('the verdict on a disturbed run', () => {
  let root: string;
  let made: string;
  let answered: AnsweredStep[];
  const verdict = async () => await verdictOf(made, join(root, 'clean'), answered);

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'steadfast-verdict-'));
    made = join(root, 'made');
    await writeRun(join(root, 'clean'));
    answered = await writeRun(made);
  });
  afterEach(async () => await rm(root, { recursive: true }));

  it('is clean for the same checkpoints', async () => {
    assert.deepEqual(await verdict(), CLEAN);
  });

  it('counts a step that is gone, and one that was made twice', async () => {
    await writeFile(join(made, 'step-0001', 'timings.json'), '2');
    assert.deepEqual(await verdict(), { ...CLEAN, doubled: 1 });
    await rm(join(made, 'step-0001'), { recursive: true });
    assert.deepEqual(await verdict(), { ...CLEAN, lost: 1 });
  });

  it('names what lies beside the checkpoints', async () => {
    await mkdir(join(made, '.step-0002.draft'));
    assert.deepEqual(await verdict(), { ...CLEAN, leaked: 1, broken: '.step-0002.draft' });
  });

  it('sees other weights, another manifest and another parent', async () => {
    await writeFile(join(made, 'step-0001', 'weights'), 'weights 2');
    assert.match((await verdict()).broken, /^weights of step 1 differs/);
    const path = join(made, 'step-0000', 'manifest.json');
    await writeFile(path, `${await readFile(path, 'utf8')} `);
    const { broken } = await verdict();
    assert.match(broken, /manifest of step 0 is not the one that was answered/);
    assert.match(broken, /parent of step 1 is not step 0/);
  });
});
