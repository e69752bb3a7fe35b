import type { PositionalArgDef } from 'citty';

/** The argument of commands that are about one run. */
export const RUN_ARGUMENT = {
  type: 'positional',
  required: true,
  description: 'Name of the run, as steadfast ls prints it',
} as const satisfies PositionalArgDef;
