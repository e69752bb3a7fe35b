import { z } from 'zod';

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** Test ids as a list, or as the JSON text of one (SWE-bench). */
const testIds = z.union([z.array(z.string().min(1)), z.string().transform(listInText)]);

const text = z.string().nullish();

const source = z.object({
  kind: z.literal('pypi-sdist'),
  name: z.string().regex(PLAIN_NAME),
  version: z.string().min(1),
  filename: z.string().regex(PLAIN_NAME),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** One record of a data file as it stands on the wire; fields that are not named here are ignored. */
export const instanceRecordSchema = z.object({
  instance_id: z.string().regex(/^[^\s\p{Cc}]+$/u),
  repo: z.string().min(1),
  patch: z.string().min(1),
  FAIL_TO_PASS: testIds,
  PASS_TO_PASS: testIds,
  problem_statement: text,
  test_patch: text,
  source: source.nullish(),
  image: text,
  image_name: text,
  base_commit: text,
  language: text,
});

/** A record that the schema has passed. */
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

const TEST_IDS = 'a list of test ids, or a JSON string of one';

/** What each field should hold, for messages. */
const EXPECTED: Readonly<Record<string, string>> = {
  instance_id: 'a non-empty name without spaces',
  repo: 'a non-empty string',
  patch: 'a unified diff',
  FAIL_TO_PASS: TEST_IDS,
  PASS_TO_PASS: TEST_IDS,
  source: 'an object {kind: "pypi-sdist", name, version, filename, sha256}',
  'source.kind': '"pypi-sdist"',
  'source.name': 'the name of a package',
  'source.version': 'a non-empty string',
  'source.filename': 'the name of a file, without folders',
  'source.sha256': '64 hexadecimal digits',
};

/** Every problem of a record, a line each: field, value and what was expected. */
export function recordProblems(record: unknown, error: z.ZodError): string[] {
  const problems = error.issues.map((issue) => {
    const field = fieldOf(issue.path);
    const value = valueAt(record, issue.path);
    const said = value === undefined ? 'is missing' : `is ${cut(JSON.stringify(value))}`;
    return `${field} ${said}; expected ${EXPECTED[field] ?? 'a string'}`;
  });
  return [...new Set(problems)];
}

function fieldOf(path: readonly PropertyKey[]): string {
  const [first, second] = path.map(String);
  return first === 'source' && second !== undefined ? `source.${second}` : (first ?? 'record');
}

function valueAt(record: unknown, path: readonly PropertyKey[]): unknown {
  // A list's element is reported by its whole field: the message is about what the field should hold.
  const keys = path[0] === 'source' ? path : path.slice(0, 1);
  return keys.reduce<unknown>((value, key) => (isRecord(value) ? value[String(key)] : undefined), record);
}

function listInText(value: string, context: z.RefinementCtx): string[] {
  const list = parsed(value);
  if (Array.isArray(list) && list.every((id) => typeof id === 'string' && id !== '')) return list;
  context.addIssue({ code: 'custom', message: TEST_IDS });
  return z.NEVER;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Whether a value is an object with fields. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The head of a long value, for messages. */
export function cut(value: string): string {
  return value.length <= 80 ? value : `${value.slice(0, 77)}...`;
}
