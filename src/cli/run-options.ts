import type { ArgDef, ArgsDef } from 'citty';
import { type FieldSchema } from '../schemas/run-config-expectation.ts';
import { runConfigJsonSchema } from '../schemas/run-config-schema.ts';

/** Fields that only a JSON config can hold. */
const CONFIG_ONLY = new Set(['evaluation']);

/** A default longer than this is shown by `steadfast schema` only. */
const SHOWN_DEFAULT = 40;

/** One option for each field of the JSON config, made of its schema, so that the two cannot differ. */
export function runOptions(): ArgsDef {
  const options: [string, ArgDef][] = [];
  for (const [name, schema] of fields()) options.push([kebab(name), optionOf(schema)]);
  return Object.fromEntries(options);
}

/** The JSON config that explicit options make; a text that should be a number and is none stays for the checks. */
export function inputOfOptions(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, schema] of fields()) {
    const value = args[kebab(name)];
    if (value === undefined) continue;
    input[name] = typeof value === 'string' && isNumeric(schema) ? numberOf(value) : value;
  }
  return input;
}

function fields(): [string, FieldSchema][] {
  const json: FieldSchema = runConfigJsonSchema();
  return Object.entries(json.properties ?? {}).filter(([name]) => !CONFIG_ONLY.has(name));
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
  if (schema.default === undefined) return words;
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

function numberOf(text: string): number | string {
  const value = Number(text);
  return text.trim() === '' || !Number.isFinite(value) ? text : value;
}

function kebab(name: string): string {
  return name.replaceAll('_', '-');
}
