import type { ArgsDef } from 'citty';
import { parsePullConfig, type PullConfig, pullConfigJsonSchema } from '../schemas/pull-config.ts';
import { UsageError, told } from './errors.ts';
import { inputBySchema, schemaOptions } from './schema-options.ts';

const ALL: ReadonlySet<string> = new Set();
/** Fields that say how images are pulled, not whose. */
const HOW: ReadonlySet<string> = new Set(['host', 'rate', 'at_once', 'budget']);

/** One option for each field of a pull's input. */
export function pullOptions(): ArgsDef {
  return schemaOptions(pullConfigJsonSchema(), ALL);
}

/** The options of a pull that choose the instances whose images are meant. */
export function selectionOptions(): ArgsDef {
  return schemaOptions(pullConfigJsonSchema(), HOW);
}

/** The workflow's input, checked before anything is started; the workflow checks it again by the same code. */
export function pullInput(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input = inputBySchema(pullConfigJsonSchema(), ALL, given);
  checked(input);
  return input;
}

/** What a pull by these options would be of; null where no data is named, and then nothing may be chosen from it. */
export function selectionOf(
  given: Readonly<Record<string, unknown>>,
): Pick<PullConfig, 'data' | 'selection' | 'seed'> | null {
  const input = inputBySchema(pullConfigJsonSchema(), HOW, given);
  if (input['data'] !== undefined) return checked(input);
  const [stray] = Object.keys(input);
  if (stray !== undefined) throw new UsageError(`--${stray} has no meaning without --data`);
  return null;
}

function checked(input: Readonly<Record<string, unknown>>): PullConfig {
  try {
    return parsePullConfig(input);
  } catch (error) {
    throw told(error);
  }
}
