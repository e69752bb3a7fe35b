import type { ArgsDef } from 'citty';
import { runConfigJsonSchema } from '../schemas/run-config-schema.ts';
import { inputBySchema, schemaOptions } from './schema-options.ts';

/** Fields that only a JSON config can hold. */
const CONFIG_ONLY = new Set(['evaluation', 'findings']);

/** One option for each field of a run's JSON config. */
export function runOptions(): ArgsDef {
  return schemaOptions(runConfigJsonSchema(), CONFIG_ONLY);
}

/** The JSON config that explicit options make; a text that should be a number and is none stays for the checks. */
export function inputOfOptions(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return inputBySchema(runConfigJsonSchema(), CONFIG_ONLY, args);
}
