import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Attack } from './attack.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** The folders of attacks, in the order of the table. */
export const THEMES = [
  'tests',
  'configuration',
  'results',
  'process',
  'history',
  'host',
  'artifacts',
  'resources',
  'content',
] as const;

/** An attack and where its file lies. */
export interface Named {
  readonly theme: (typeof THEMES)[number];
  readonly name: string;
  readonly attack: Attack;
}

/** Every attack of the suite, by theme and name. */
export async function allAttacks(): Promise<readonly Named[]> {
  const found: Named[] = [];
  for (const theme of THEMES) {
    const files = (await readdir(join(ROOT, theme))).filter((file) => file.endsWith('.ts')).toSorted();
    for (const file of files) {
      const module = (await import(join(ROOT, theme, file))) as { readonly attack: Attack };
      found.push({ theme, name: file.slice(0, -'.ts'.length), attack: module.attack });
    }
  }
  return found;
}
