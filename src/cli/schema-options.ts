import type { ArgDef, ArgsDef } from 'citty';
import { type FieldSchema } from '../schemas/run-config-expectation.ts';

/** A default longer than this is shown by `steadfast schema` only. */
const SHOWN_DEFAULT = 40;
/** What an option says for a field's null: in words, or as JSON has it. */
const NONE: ReadonlySet<string> = new Set(['none', 'null']);

/** One option for each field of an object's JSON Schema, so that the two cannot differ. */
export function schemaOptions(json: FieldSchema, leftOut: ReadonlySet<string>): ArgsDef {
  return Object.fromEntries(
    fields(json, leftOut).map(([name, schema]) => [kebab(name), optionOf(schema)] as const),
  );
}

/** The object that explicit options make; a text that should be a number and is none stays for the checks. */
export function inputBySchema(
  json: FieldSchema,
  leftOut: ReadonlySet<string>,
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, schema] of fields(json, leftOut)) {
    const value = args[kebab(name)];
    if (value === undefined) continue;
    input[name] = typeof value === 'string' ? valueOf(value, schema) : value;
  }
  return input;
}

function fields(json: FieldSchema, leftOut: ReadonlySet<string>): [string, FieldSchema][] {
  return Object.entries(json.properties ?? {}).filter(([name]) => !leftOut.has(name));
}

function optionOf(schema: FieldSchema): ArgDef {
  const inner = notNull(schema);
  const description = describe(schema);
  if (inner.type === 'boolean') {
    const option: ArgDef = { type: 'boolean', description };
    return schema.default === true ? { ...option, negativeDescription: 'Switch that off' } : option;
  }
  const hint = inner.enum?.join('|') ?? (isNumeric(schema) ? 'n' : inner.format === 'uri' ? 'url' : 'text');
  return { type: 'string', valueHint: hint, description };
}

function describe(schema: FieldSchema): string {
  const words = schema.description ?? '';
  // One that is nothing is told of in the words, with what it means.
  if (schema.default === undefined || schema.default === null) return words;
  const shown = typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default);
  return `${words} (default: ${shown.length > SHOWN_DEFAULT ? 'see steadfast schema' : shown})`;
}

function isNumeric(schema: FieldSchema): boolean {
  const { type } = notNull(schema);
  return type === 'integer' || type === 'number';
}

function notNull(schema: FieldSchema): FieldSchema {
  return schema.anyOf?.find((option) => option.type !== 'null') ?? schema;
}

function valueOf(text: string, schema: FieldSchema): number | string | null {
  if (NONE.has(text) && mayBeNone(schema)) return null;
  if (!isNumeric(schema)) return text;
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? text : value;
}

/** A free text may be the word itself: the name of a split, say. */
function mayBeNone(schema: FieldSchema): boolean {
  const { format, pattern } = notNull(schema);
  const isFree = !isNumeric(schema) && format === undefined && pattern === undefined;
  return !isFree && schema.anyOf?.some((option) => option.type === 'null') === true;
}

/** A field's name as an option has it. */
export function kebab(name: string): string {
  return name.replaceAll('_', '-');
}
