import type { ArgsDef } from 'citty';
import type { FieldSchema } from '../schemas/run-config-expectation.ts';
import { runConfigJsonSchema } from '../schemas/run-config-schema.ts';
import { inputBySchema, schemaOptions } from './schema-options.ts';

/** Fields that only a JSON config can hold. */
const CONFIG_ONLY = new Set(['evaluation', 'findings']);

/** Options that only the gradient step and its epochs read. */
export const TRAINING_OPTIONS: readonly string[] = [
  'mode',
  'batch-size',
  'epochs',
  'oversample',
  'curriculum',
  'curriculum-target',
  'curriculum-rest',
  'trainer',
  'learning-rate',
  'lora-rank',
  'loss',
  'importance',
  'clip-low',
  'clip-high',
  'kl-coefficient',
  'max-staleness',
  'staleness-bound',
  'start-from',
  'keep-newest',
  'keep-every',
  'keep-best',
];

/** One option for each field of a run's JSON config; a command may tell of some otherwise than the schema does. */
export function runOptions(told: Readonly<Record<string, FieldSchema>> = {}): ArgsDef {
  const { properties = {} }: FieldSchema = runConfigJsonSchema();
  const fields = Object.entries(properties).map(
    ([name, field]) => [name, { ...field, ...told[name] }] as const,
  );
  return schemaOptions({ properties: Object.fromEntries(fields) }, CONFIG_ONLY);
}

/** The JSON config that explicit options make; a text that should be a number and is none stays for the checks. */
export function inputOfOptions(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return inputBySchema(runConfigJsonSchema(), CONFIG_ONLY, args);
}
