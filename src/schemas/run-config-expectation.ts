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
  /** Of an object whose fields all look the same: their names, and what each holds. */
  readonly propertyNames?: FieldSchema;
  readonly additionalProperties?: boolean | FieldSchema;
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
      return `a list of at least one${schema.items === undefined ? '' : `: ${expectationOf(schema.items)}`}`;
    case 'object':
      return `an object with ${fieldNames(schema).join(', ')}`;
    case 'null':
      return 'null';
    default:
      return 'another value';
  }
}

/** The names that an object's fields may have. */
export function fieldNames(schema: FieldSchema): string[] {
  return [...Object.keys(schema.properties ?? {}), ...(schema.propertyNames?.enum ?? []).map(String)];
}

/** The schema of the value at a path of property names and list positions. */
export function schemaAt(schema: FieldSchema, path: readonly PropertyKey[]): FieldSchema {
  const [head, ...rest] = path;
  if (head === undefined) return schema;
  const holder = schema.anyOf?.find((option) => option.type !== 'null') ?? schema;
  const next = typeof head === 'number' ? holder.items : fieldAt(holder, String(head));
  return next === undefined ? {} : schemaAt(next, rest);
}

function fieldAt(holder: FieldSchema, name: string): FieldSchema | undefined {
  const { properties, additionalProperties: others } = holder;
  return properties?.[name] ?? (typeof others === 'object' ? others : undefined);
}

function textOf(schema: FieldSchema): string {
  if (schema.format === 'uri') return 'a URL that begins with http:// or https://';
  if (schema.pattern?.includes('@') === true) return 'a policy version of a run, as night@12';
  if (schema.pattern !== undefined) {
    return 'a name of at most 100 letters, digits, ".", "_" and "-" that begins with a letter or digit';
  }
  const { minLength, maxLength } = schema;
  if (maxLength !== undefined) return `a text of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === undefined ? 'a text' : 'a text that is not empty';
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
