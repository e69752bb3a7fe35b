import type { ArgsDef } from 'citty';
import type { FieldSchema } from '../schemas/run-config-expectation.ts';
import { runConfigJsonSchema } from '../schemas/run-config-schema.ts';
import { TRAIN_ONLY } from '../schemas/run-config-training.ts';
import { inputBySchema, kebab, schemaOptions } from './schema-options.ts';

/** Fields that only a JSON config can hold. */
const CONFIG_ONLY = new Set(['evaluation', 'findings']);

/** Options of training and its epochs. */
export const TRAINING_OPTIONS: readonly string[] = ['mode', 'epochs', ...TRAIN_ONLY.map(kebab)];

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
