/** The parts of a JSON Schema that say what a value must look like. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
}

/** What a field expects, in words: "an integer of at least 1", "one of dapo, grpo, dr_grpo". */
export function expectationOf(schema: FieldSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectationOf).join(' or ');
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  switch (schema.type) {
    case 'integer':
      return `an integer${rangeOf(schema)}`;
    case 'number':
      return `a number${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return textOf(schema);
    case 'array':
      return 'a list of at least one';
    case 'object':
      return `an object with ${Object.keys(schema.properties ?? {}).join(', ')}`;
    case 'null':
      return 'null';
    default:
      return 'another value';
  }
}

/** The schema of the value at a path of property names and list positions. */
export function schemaAt(schema: FieldSchema, path: readonly PropertyKey[]): FieldSchema {
  const [head, ...rest] = path;
  if (head === undefined) return schema;
  const holder = schema.anyOf?.find((option) => option.type !== 'null') ?? schema;
  const next = typeof head === 'number' ? holder.items : holder.properties?.[String(head)];
  return next === undefined ? {} : schemaAt(next, rest);
}

function textOf(schema: FieldSchema): string {
  if (schema.format === 'uri') return 'a URL that begins with http:// or https://';
  if (schema.pattern !== undefined) {
    return 'a name of at most 100 letters, digits, ".", "_" and "-" that begins with a letter or digit';
  }
  return schema.maxLength === undefined
    ? 'a text that is not empty'
    : `a text of 1 to ${schema.maxLength} characters`;
}

function rangeOf(schema: FieldSchema): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const low = minimum === undefined ? null : minimum;
  const high = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : maximum;
  if (low !== null && high !== null) return ` from ${low} to ${high}`;
  const words = [
    low === null ? null : `of at least ${low}`,
    exclusiveMinimum === undefined ? null : `above ${exclusiveMinimum}`,
    high === null ? null : `of at most ${high}`,
    exclusiveMaximum === undefined ? null : `below ${exclusiveMaximum}`,
  ].filter((word) => word !== null);
  return words.length === 0 ? '' : ` ${words.join(' and ')}`;
}
