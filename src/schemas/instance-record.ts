import { z } from 'zod';
import { requirementsSchema } from './instance-requirements.ts';
import { SOURCE_EXPECTED, sourceSchema } from './instance-source.ts';

/** Test ids as a list, or as the JSON text of one (SWE-bench). */
const testIds = z.union([z.array(z.string().min(1)), z.string().transform(listInText)]);

const text = z.string().nullish();

/** One record of a data file as it stands on the wire; fields that are not named here are ignored. */
export const instanceRecordSchema = z.object({
  instance_id: z.string().regex(/^[^\s\p{Cc}]+$/u),
  repo: z.string().min(1),
  patch: z.string().min(1),
  FAIL_TO_PASS: testIds,
  PASS_TO_PASS: testIds,
  problem_statement: text,
  test_patch: text,
  source: sourceSchema.nullish(),
  image: text,
  image_name: text,
  docker_image: text,
  base_commit: text,
  language: text,
  requirements: z.unknown().optional(),
  extra_deps: z.unknown().optional(),
  version: z.union([z.string(), z.number().transform(String)]).nullish(),
  eval_script: text,
  log_parser: text,
  eval_type: z.enum(['pass_and_fail', 'fail_only']).nullish(),
  image_assets: z.unknown().optional(),
});

/** A record that the schema has passed. */
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** Requirements are read only where they are used: SWE-rebench keeps the freeze of an image's packages under that name. */
export const requirementsRecordSchema = z.object({
  requirements: requirementsSchema.nullish(),
  extra_deps: requirementsSchema.nullish(),
});

/** The fields that records are read by; a column of a data file that is not among them need not be parsed. */
export const INSTANCE_FIELDS: readonly string[] = Object.keys(instanceRecordSchema.shape);

const TEST_IDS = 'a list of test ids, or a JSON string of one';
const REQUIREMENTS = 'a list of pip requirements by package name, such as ["asgiref", "sqlparse<0.5"]';

/** What each field should hold, for messages. */
const EXPECTED: Readonly<Record<string, string>> = {
  instance_id: 'a non-empty name without spaces',
  repo: 'a non-empty string',
  patch: 'a unified diff',
  FAIL_TO_PASS: TEST_IDS,
  PASS_TO_PASS: TEST_IDS,
  requirements: REQUIREMENTS,
  extra_deps: REQUIREMENTS,
  eval_type: '"pass_and_fail" or "fail_only"',
  ...SOURCE_EXPECTED,
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
