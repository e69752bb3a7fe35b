import { fileURLToPath } from 'node:url';

/** The folder of the package: a checkout, or where npm installed it. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What ships with the package, relative to its folder. */
export const SHIPPED = {
  runConfig: 'examples/run.json',
  policy: 'examples/policy',
  data: 'examples/train.jsonl',
} as const;
