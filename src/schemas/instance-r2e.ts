import { z } from 'zod';

/*
 * R2E-Gym's records hold no lists of tests and no diffs, but what they are made of: the commit that mends the bug, parsed;
 * the logs of its tests before and after; the outcomes that count. From these the fields of SWE-bench are made.
 */

const line = z.object({ content: z.string(), type: z.enum(['context', 'added', 'deleted', 'note']) });
const range = z.object({ start: z.number(), length: z.number().nullish() });
const fileDiff = z.object({
  header: z.object({ file: z.object({ path: z.string() }) }),
  is_binary_file: z.boolean().nullish(),
  minus_file: z.object({ path: z.string() }).nullish(),
  plus_file: z.object({ path: z.string() }).nullish(),
  hunks: z.array(
    z.object({
      descriptor: z.object({ old_range: range, new_range: range, section: z.string().nullish() }),
      line_group: z.object({ all_lines: z.array(line) }),
    }),
  ),
});

const commit = z.object({ old_commit_hash: z.string(), file_diffs: z.array(fileDiff) });
const execution = z.object({
  test_file_names: z.array(z.string().regex(/^[^/\\\0]+$/)),
  test_file_codes: z.array(z.string()),
  old_commit_res_stdout: z.string().nullish(),
  new_commit_res_stdout: z.string().nullish(),
});
const outcomes = z.record(z.string(), z.string());

const recordSchema = z.object({
  repo_name: z.string().min(1),
  docker_image: z.string().min(1),
  commit_hash: z.string().min(1),
  problem_statement: z.string().nullish(),
  parsed_commit_content: inText(commit),
  execution_result_content: inText(execution),
  expected_output_json: inText(outcomes),
});

/** The fields that R2E-Gym's records are read by. */
export const R2E_FIELDS: readonly string[] = Object.keys(recordSchema.shape);

/** Whether a record is of R2E-Gym's form. */
export function isR2eRecord(record: Readonly<Record<string, unknown>>): boolean {
  return 'parsed_commit_content' in record && 'expected_output_json' in record;
}

/** The id that a record of R2E-Gym gets, which holds none; null where what it is made of is missing. */
export function idOfR2e({ repo_name, commit_hash }: Readonly<Record<string, unknown>>): string | null {
  const isWhole = typeof repo_name === 'string' && typeof commit_hash === 'string';
  return isWhole ? `${repo_name}-${commit_hash}` : null;
}

/** A record of R2E-Gym with the field names of SWE-bench; the messages name each field that does not hold what it should. */
export function fromR2e(
  record: Readonly<Record<string, unknown>>,
): { readonly record: Readonly<Record<string, unknown>> } | { readonly problems: readonly string[] } {
  const result = recordSchema.safeParse(record);
  if (!result.success) return { problems: result.error.issues.map(problemOf) };
  const wire = result.data;
  const { old_commit_hash, file_diffs } = wire.parsed_commit_content;
  const run = wire.execution_result_content;
  const before = outcomesOf(run.old_commit_res_stdout ?? '');
  const expected = new Set(
    Object.entries(wire.expected_output_json).flatMap(([name, status]) =>
      status === 'PASSED' ? [keyOf(name)] : [],
    ),
  );
  const wanted = [...outcomesOf(run.new_commit_res_stdout ?? '')]
    .filter(([id, status]) => status === 'PASSED' && expected.has(keyOf(id.split('::').slice(1).join('.'))))
    .map(([id]) => id);
  return {
    record: {
      instance_id: idOfR2e(wire),
      repo: wire.repo_name,
      patch: file_diffs
        .filter((diff) => !isTest(diff.header.file.path))
        .map(diffOf)
        .join(''),
      test_patch: run.test_file_names
        .map((name, i) => addedFile(`r2e_tests/${name}`, run.test_file_codes[i] ?? ''))
        .join(''),
      FAIL_TO_PASS: wanted.filter((id) => before.get(id) !== 'PASSED'),
      PASS_TO_PASS: wanted.filter((id) => before.get(id) === 'PASSED'),
      problem_statement: issueIn(wire.problem_statement ?? ''),
      base_commit: old_commit_hash,
      image: wire.docker_image,
      language: 'python',
    },
  };
}

/** The statement stands between marks; without them the whole text is it. */
function issueIn(statement: string): string {
  return /\[ISSUE\]\s*(.*?)\s*\[\/ISSUE\]/s.exec(statement)?.[1] ?? statement;
}

/** Names in the expected outcomes may be coloured and carry the failure's message. */
function keyOf(name: string): string {
  return uncoloured(name).split(' - ')[0] ?? '';
}

/** Status by node id, from the lines of pytest's short summary. */
function outcomesOf(log: string): Map<string, string> {
  const found = uncoloured(log).matchAll(/^(PASSED|FAILED|ERROR|XFAIL|XPASS) (r2e_tests\/\S+?::.*)$/gm);
  return new Map(
    [...found].map(([, status = '', id = '']) => [status === 'PASSED' ? id : keyOf(id), status]),
  );
}

function uncoloured(value: string): string {
  // eslint-disable-next-line no-control-regex
  return value.replaceAll(/\u001b\[[0-9;]*m|\r/g, '');
}

/** Tests of the repository itself: R2E-Gym judges by its own, which lie in a folder of their own. */
function isTest(path: string): boolean {
  const parts = path.split('/');
  const name = parts.at(-1) ?? '';
  return (
    parts.slice(0, -1).some((part) => /^tests?$/i.test(part)) || /^(test_.*|.*_test|conftest)\.py$/.test(name)
  );
}

function diffOf(diff: z.infer<typeof fileDiff>): string {
  if (diff.is_binary_file === true || !diff.minus_file || !diff.plus_file) return '';
  const { path } = diff.header.file;
  const [from, to] = [diff.minus_file.path, diff.plus_file.path];
  const mode =
    from === '/dev/null' ? 'new file mode 100644\n' : to === '/dev/null' ? 'deleted file mode 100644\n' : '';
  const hunks = diff.hunks.map(({ descriptor, line_group }) => {
    const { old_range, new_range, section } = descriptor;
    const head = `@@ -${span(old_range)} +${span(new_range)} @@${section ? ` ${section}` : ''}\n`;
    return head + line_group.all_lines.map(lineOf).join('');
  });
  return `diff --git a/${path} b/${path}\n${mode}--- ${from}\n+++ ${to}\n${hunks.join('')}`;
}

function span({ start, length }: z.infer<typeof range>): string {
  return typeof length === 'number' ? `${start},${length}` : String(start);
}

function lineOf({ content, type }: z.infer<typeof line>): string {
  const sign = { context: ' ', added: '+', deleted: '-', note: '\\ ' }[type];
  return `${sign}${content}\n`;
}

function addedFile(path: string, content: string): string {
  const head = `diff --git a/${path} b/${path}\nnew file mode 100644\n`;
  if (content === '') return head;
  const lines = content.replace(/\n$/, '').split('\n');
  const end = content.endsWith('\n') ? '' : '\\ No newline at end of file\n';
  const body = lines.map((text) => `+${text}\n`).join('');
  return `${head}--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${body}${end}`;
}

/** A value that may stand as itself or as its JSON text. */
function inText<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => {
    if (typeof value !== 'string') return value;
    try {
      return JSON.parse(value) as unknown;
    } catch {
      return value;
    }
  }, schema);
}

function problemOf(issue: z.core.$ZodIssue): string {
  return `${issue.path.join('.')} is not as R2E-Gym has it: ${issue.message}`;
}
