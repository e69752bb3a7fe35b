import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * The part of `npm run build` that the compiler leaves out: guest programs, helper scripts and pins go to dist/ as they are.
 */

const source = fileURLToPath(new URL('../src', import.meta.url));
const target = fileURLToPath(new URL('../dist', import.meta.url));

cpSync(source, target, {
  recursive: true,
  filter: (path) => !path.endsWith('.ts') && !path.endsWith('.mjs') && !path.includes('__pycache__'),
});
