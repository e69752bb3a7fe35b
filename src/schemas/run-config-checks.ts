import { z } from 'zod';
import { fileSafe } from '../domain/ids.ts';
import { nearestName } from './nearest.ts';
import { checkTemplate } from './prompt-template.ts';
import { expectationOf, type FieldSchema, fieldNames, schemaAt } from './run-config-expectation.ts';
import { runConfigJsonSchema, runConfigSchema } from './run-config-schema.ts';
import { checkTraining } from './run-config-train-checks.ts';

/** The fields of an input that are good by themselves. */
export type Values = Partial<ReturnType<typeof runConfigSchema.parse>>;

/** Checks each field of a run's config by itself. */
export function checkFields(input: unknown): { problems: string[]; values: Values } {
  return checkFieldsOf(runConfigSchema.shape, runConfigJsonSchema(), 'mode, model, data, …', input);
}

/** Checks each field of an object by itself, so that one bad field hides no other; `json` is the JSON Schema of `shape`. */
export function checkFieldsOf(
  shape: Readonly<Record<string, z.ZodType>>,
  json: FieldSchema,
  fields: string,
  input: unknown,
): { problems: string[]; values: Record<string, unknown> } {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    return { problems: [`it is ${show(input)}; expected a JSON object with ${fields}`], values: {} };
  }
  const known = Object.keys(shape);
  const problems: string[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (!known.includes(name)) problems.push(unknownField(name, value, known));
  }
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const value: unknown = Reflect.get(input, name);
    const parsed = z.safeParse(schema, value);
    if (parsed.success) Object.assign(values, { [name]: parsed.data });
    else problems.push(...parsed.error.issues.flatMap((issue) => describe(issue, name, value, json)));
  }
  return { problems: [...new Set(problems)], values };
}

/** Checks what fields mean together; fields that are bad by themselves are absent here. `given` are those that the input names. */
export function checkTogether(values: Values, workflowId: string, given: ReadonlySet<string>): string[] {
  const problems = checkTraining(values, given);
  const { run } = values;
  if (run !== undefined && workflowId !== '' && run !== fileSafe(workflowId)) {
    problems.push(
      `run is ${show(run)} in a workflow with the id ${show(workflowId)}; expected the two to be equal, or no run: ` +
        `two workflows must not write to one run`,
    );
  }
  const { context_tokens: context, max_tokens: reply } = values;
  if (typeof context === 'number' && reply !== undefined && context <= reply) {
    problems.push(
      `context_tokens is ${context} with max_tokens ${reply}; expected more than max_tokens, which one reply may take of them`,
    );
  }
  problems.push(...duplicates(values.evaluation?.sets.map((set) => set.name) ?? []));
  if (values.instance_prompt_template !== undefined) {
    for (const problem of checkTemplate(values.instance_prompt_template)) {
      problems.push(`instance_prompt_template: ${problem}`);
    }
  }
  return problems;
}

function duplicates(names: readonly string[]): string[] {
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  return [...new Set(twice)].map(
    (name) => `evaluation.sets has two sets named ${show(name)}; expected each name once`,
  );
}

function unknownField(name: string, value: unknown, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  const hint = nearest === null ? `the fields are ${known.join(', ')}` : `did you mean ${nearest}?`;
  return `${name} is ${show(value)}, but there is no field ${name}; ${hint}`;
}

function describe(issue: z.core.$ZodIssue, field: string, value: unknown, json: FieldSchema): string[] {
  if (issue.code === 'invalid_union')
    return issue.errors.flat().flatMap((i) => describe(i, field, value, json));
  const path = [field, ...issue.path];
  const name = path.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : (i ? '.' : '') + String(part),
  );
  const at = name.join('');
  const expected = schemaAt(json, path);
  if (issue.code === 'unrecognized_keys') {
    const holder = expected.anyOf?.find((option) => option.type !== 'null') ?? expected;
    const found = valueAt(value, issue.path);
    return issue.keys.map((key) => {
      return `${at}.${unknownField(key, valueAt(found, [key]), fieldNames(holder))}`;
    });
  }
  const found = valueAt(value, issue.path);
  const state = found === undefined ? 'is missing' : `is ${show(found)}`;
  return [`${at} ${state}; expected ${expectationOf(expected)}`];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
