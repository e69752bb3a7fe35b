import { z } from 'zod';

/** Some models write every value as text: numbers and lists are read from it. */
const written = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** A shell reads to the first NUL and no path holds one: what stands behind it would be dropped unseen. */
const hasNoNul = (text: string): boolean => !text.includes('\0');

/** Arguments of the tool `bash`. */
export const bashArguments = z.strictObject({
  command: z
    .string()
    .min(1)
    .refine(hasNoNul, 'it holds a NUL character')
    .describe('The bash command. Working directory and exported variables are kept from call to call.'),
});

/** Arguments of the tool `str_replace_editor`; which of them a command needs stands in NEEDED. */
export const editorArguments = z.strictObject({
  command: z.enum(['view', 'create', 'str_replace', 'insert', 'undo_edit']).describe('What to do.'),
  path: z
    .string()
    .min(1)
    .refine(hasNoNul, 'it holds a NUL character')
    .describe('Path of the file or folder, absolute or relative to /testbed.'),
  view_range: z
    .preprocess(written, z.tuple([z.int(), z.int()]))
    .optional()
    .describe('view: first and last line, such as [1, 40]; -1 as last line means the end of the file.'),
  file_text: z.string().optional().describe('create: the content of the file.'),
  old_str: z
    .string()
    .optional()
    .describe('str_replace: the text to replace, exactly as in the file; it must occur once.'),
  new_str: z
    .string()
    .optional()
    .describe('str_replace: the text in its place (nothing when left out). insert: the lines to insert.'),
  insert_line: z
    .preprocess(written, z.int())
    .optional()
    .describe('insert: the line after which new_str is inserted; 0 inserts at the beginning.'),
});

export type BashArguments = z.infer<typeof bashArguments>;
export type EditorArguments = z.infer<typeof editorArguments>;

/** The fields without which an editor command cannot be carried out. */
const NEEDED: Readonly<Record<EditorArguments['command'], readonly (keyof EditorArguments)[]>> = {
  view: [],
  create: ['file_text'],
  str_replace: ['old_str'],
  insert: ['insert_line', 'new_str'],
  undo_edit: [],
};

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Reads the raw arguments of a bash call; the problem is written for the model to act on. */
export function parseBashArguments(raw: string): Parsed<BashArguments> {
  return parseWith(bashArguments, raw);
}

/** Reads the raw arguments of an editor call; the problem is written for the model to act on. */
export function parseEditorArguments(raw: string): Parsed<EditorArguments> {
  const parsed = parseWith(editorArguments, raw);
  if (!parsed.ok) return parsed;
  const { command } = parsed.value;
  const missing = NEEDED[command].filter((field) => parsed.value[field] === undefined);
  if (missing.length === 0) return parsed;
  return { ok: false, problem: `The command ${command} needs ${missing.join(' and ')}.` };
}

/** The schema as the model is told of it. */
export function parametersOf(schema: z.ZodObject): Readonly<Record<string, unknown>> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema);
  return parameters;
}

function parseWith<T>(schema: z.ZodObject & z.ZodType<T>, raw: string): Parsed<T> {
  const json = readJson(raw);
  if (!json.ok) return json;
  // Many models send null for what they leave out.
  const given = Object.fromEntries(Object.entries(json.value).filter(([, value]) => value !== null));
  const parsed = z.safeParse(schema, given);
  if (parsed.success) return { ok: true, value: parsed.data };
  const fields = Object.keys(schema.shape).join(', ');
  const problems = parsed.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `There is no field ${brief(issue.keys.join(', '))}.`;
    const name = issue.path.map(String).join('.');
    return given[String(issue.path[0])] === undefined
      ? `The field ${name} is missing.`
      : `The field ${name} is wrong: ${issue.message}.`;
  });
  return { ok: false, problem: `${problems.join(' ')} The fields are: ${fields}.` };
}

function readJson(raw: string): Parsed<Record<string, unknown>> {
  let value: unknown;
  try {
    value = raw.trim() === '' ? {} : JSON.parse(raw);
    // Arguments that were encoded twice are a string that holds the object.
    if (typeof value === 'string') value = JSON.parse(value);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `The arguments are not valid JSON: ${brief(why)}.` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { ok: false, problem: 'The arguments are not a JSON object.' };
  }
  return { ok: true, value: { ...value } };
}

/** The start of what the model wrote itself, in whole characters. */
function brief(text: string): string {
  return text.slice(0, 200).toWellFormed();
}
