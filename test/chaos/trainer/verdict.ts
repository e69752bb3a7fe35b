import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../row.ts';
import { stepName, timingsOf, type AnsweredStep } from './chain.ts';

interface Manifest {
  readonly step: number;
  readonly parent: string | null;
  readonly batch_sha256?: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * Compares a run's checkpoints with those that an undisturbed server made of the same batches: one for each step that was
 * answered, in one chain of parents, equal to the bit, made no second time, and nothing beside them.
 */
export async function verdictOf(
  folder: string,
  reference: string,
  answered: readonly AnsweredStep[],
): Promise<Pick<Outcome, 'lost' | 'doubled' | 'leaked' | 'broken'>> {
  const expected = new Set(answered.map(({ step }) => stepName(step)));
  const found = (await readdir(folder)).filter((name) => name !== '.lock');
  const lost = [...expected].filter((name) => !found.includes(name)).length;
  const stray = found.filter((name) => !expected.has(name));
  let doubled = 0;
  const broken: string[] = [];
  if (lost === 0) {
    for (const { step, manifest, timings } of answered) {
      if ((await timingsOf(folder, step)) !== timings) doubled++;
      broken.push(...(await wrongIn(folder, reference, step, manifest)));
    }
  }
  return { lost, doubled, leaked: stray.length, broken: [...broken, ...stray].join('; ') };
}

async function wrongIn(folder: string, reference: string, step: number, answered: string): Promise<string[]> {
  const [place, model] = [join(folder, stepName(step)), join(reference, stepName(step))];
  const text = await readFile(join(place, 'manifest.json'));
  const manifest = JSON.parse(text.toString()) as Manifest;
  const expected = JSON.parse(await readFile(join(model, 'manifest.json'), 'utf8')) as Manifest;
  const wrong: string[] = [];
  if (sha256Of(text) !== answered)
    wrong.push(`the manifest of step ${step} is not the one that was answered`);
  const parent =
    step === 0 ? null : sha256Of(await readFile(join(folder, stepName(step - 1), 'manifest.json')));
  if (manifest.parent !== parent) wrong.push(`the parent of step ${step} is not step ${step - 1}`);
  if (manifest.batch_sha256 !== expected.batch_sha256) wrong.push(`step ${step} was made of another batch`);
  if (JSON.stringify(manifest.files) !== JSON.stringify(expected.files)) {
    wrong.push(`the manifest of step ${step} names other files`);
  }
  for (const name of Object.keys(expected.files)) {
    const [made, clean] = await Promise.all([readFile(join(place, name)), readFile(join(model, name))]);
    if (!made.equals(clean)) wrong.push(`${name} of step ${step} differs from a clean run's`);
  }
  return wrong;
}

function sha256Of(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
