import type { Instance } from '../domain/instance.ts';

/** Where the repository stands in every sandbox. */
const WORKING_DIRECTORY = '/testbed';

/** What each placeholder of an instance prompt template stands for. */
export const PLACEHOLDERS = {
  problem_statement: 'the text of the issue',
  instance_id: 'the id of the instance',
  repo: 'the name of the repository',
  fail_to_pass: 'the tests that the fix must mend, one a line (a leak: real tasks do not say them)',
  failing_test: 'the first of them (the same leak)',
  working_directory: 'the folder that holds the repository',
} as const;

type Placeholder = keyof typeof PLACEHOLDERS;

const SYSTEM_PROMPT = `You are a software engineer who fixes issues in repositories.
You work through tools: \`bash\` runs commands, \`str_replace_editor\` views and edits files.
Say in a sentence what you are about to do, then call a tool. When the work is done, answer without a tool call: that ends it.`;

const TEXT_SYSTEM_PROMPT = `You are a software engineer who fixes issues in repositories.
You work by commands. Say in a sentence what you are about to do, then write the command in a block like this:

\`\`\`bash
grep -rn "def parse" src | head
\`\`\`

It is run with bash in the sandbox that holds the repository, and the next message tells its exit code and output. Working directory and exported variables are kept. There is no terminal: edit files with sed, with a heredoc, or with a small script. When the work is done, answer without such a block: that ends it.`;

/** The system prompt of a run that names none. */
export function defaultSystemPrompt(protocol: 'calls' | 'text'): string {
  return protocol === 'text' ? TEXT_SYSTEM_PROMPT : SYSTEM_PROMPT;
}

export const DEFAULT_INSTANCE_PROMPT_TEMPLATE = `The repository in {working_directory} has this issue:

<issue>
{problem_statement}
</issue>

Change the source code so that the issue is solved. Tests that you cannot see will check it, together with the tests that pass now and must go on passing.

1. Explore: find the code that the issue is about, and read it.
2. Reproduce the issue with a small script or an existing test.
3. Fix its cause in the source code. Keep the change small, and leave the existing tests as they are.
4. Run your script and the tests around the change, and mend what they show.
5. When you are done, say in a few words what you changed, without a tool call.

There is no network, and nobody answers questions.`;

/** A template's parts: literal text, or the name between two braces. */
type Part = { readonly text: string } | { readonly name: string };

/** What is wrong with a template, a sentence each; literal braces are written {{ and }}. */
export function checkTemplate(template: string): string[] {
  const { parts, problems } = parse(template);
  const unknown = parts.flatMap((part) => ('name' in part && !isPlaceholder(part.name) ? [part.name] : []));
  const known = Object.keys(PLACEHOLDERS).map((name) => `{${name}}`);
  return [
    ...problems,
    ...[...new Set(unknown)].map(
      (name) =>
        `{${name}} is not a placeholder; the placeholders are ${known.join(', ')}, and a literal brace is {{ or }}`,
    ),
  ];
}

/** The first user message of a rollout; what is filled in is never read for placeholders again. */
export function renderTemplate(template: string, instance: Instance): string {
  const values: Record<Placeholder, string> = {
    problem_statement: instance.problemStatement,
    instance_id: instance.instanceId,
    repo: instance.repo,
    fail_to_pass: instance.failToPass.join('\n'),
    failing_test: instance.failToPass[0] ?? '',
    working_directory: WORKING_DIRECTORY,
  };
  return parse(template)
    .parts.map((part) => {
      if ('text' in part) return part.text;
      return isPlaceholder(part.name) ? values[part.name] : `{${part.name}}`;
    })
    .join('');
}

function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(PLACEHOLDERS, name);
}

function parse(template: string): { parts: Part[]; problems: string[] } {
  const parts: Part[] = [];
  const problems: string[] = [];
  for (const [token] of template.matchAll(/\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+/g)) {
    if (token === '{{' || token === '}}') {
      parts.push({ text: token.charAt(0) });
    } else if (token === '{' || token === '}') {
      parts.push({ text: token });
      problems.push(`a ${token} stands without its other half; a literal brace is written {{ or }}`);
    } else if (token.startsWith('{')) {
      parts.push({ name: token.slice(1, -1).trim() });
    } else {
      parts.push({ text: token });
    }
  }
  return { parts, problems: [...new Set(problems)] };
}
