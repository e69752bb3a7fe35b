import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from '../../../src/activities/tools/call-summary.ts';
import { callTool } from '../../../src/activities/tools/call-tool.ts';
import { cutMiddle } from '../../../src/activities/tools/cut-middle.ts';
import { TOOLS } from '../../../src/activities/tools/definitions.ts';
import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { parseEditorArguments } from '../../../src/schemas/tool-arguments.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';

async function call(name: string, args: string, result: Partial<CommandResult> = {}, limit = 1000) {
  const sandbox = fakeSandbox(() => result);
  sandbox.opened.add('s');
  const agent = { commandTimeoutSeconds: 60, outputLimitCharacters: limit };
  const signal = new AbortController().signal;
  const outcome = await callTool(
    { id: 'c', name, arguments: args },
    { sandbox, name: 's', key: '3-0', agent, signal },
  );
  return { ...outcome, commands: sandbox.commands };
}

const of = (name: string, args: string) => summaryOf({ id: '', name, arguments: args });

test('cutting keeps head and tail and counts what is gone', () => {
  assert.equal(cutMiddle('abcdef', 6), 'abcdef');
  assert.equal(cutMiddle('abcdefghij', 4), 'ab\n[… 6 characters were cut here …]\nij');
  assert.equal(cutMiddle('abcdefghij', 4, 90), 'ab\n[… 96 characters were cut here …]\nij');
  assert.equal(cutMiddle('abc', 10, 5), 'ab\n[… 5 characters were cut here …]\nc');
});

test('cutting leaves no half of a surrogate pair', () => {
  const cut = cutMiddle('😀'.repeat(10), 5);
  assert.ok(cut.isWellFormed());
  assert.match(cut, /^😀\n\[… 16 characters/);
});

test('bash runs in the shell session under the key of the call', async () => {
  const { observation, exitCode, commands } = await call('bash', '{"command":"ls"}', {
    exitCode: 2,
    output: 'no such file',
  });
  assert.equal(observation, 'Exit code: 2\nOutput:\nno such file');
  assert.equal(exitCode, 2);
  const [first] = commands;
  assert.equal(first?.command.script, 'ls');
  assert.equal(first.command.session, 'shell');
  assert.equal(first.command.key, '3-0');
  assert.equal(first.command.timeoutMs, 60_000);
  assert.ok(first.command.outputBytes > 4000);
});

test('a time-out says so, and what was kept', async () => {
  const { observation, timedOut } = await call('bash', '{"command":"sleep 99"}', {
    exitCode: null,
    timedOut: true,
    output: 'begun',
  });
  assert.ok(timedOut);
  assert.match(observation, /stopped after 60 s.*kept.*\nOutput:\nbegun$/s);
});

test('want of memory is said', async () => {
  const { observation } = await call('bash', '{"command":"x"}', { exitCode: 137, outOfMemory: true });
  assert.match(observation, /^Exit code: 137\n.*out of memory/);
});

test('long output is cut within the limit', async () => {
  const { observation } = await call('bash', '{"command":"x"}', {
    output: 'x'.repeat(4064),
    droppedBytes: 1e6,
  });
  assert.match(observation, /1003064 characters were cut/);
  assert.ok(observation.length < 1100);
});

const REFUSED: readonly [string, string, string, RegExp][] = [
  ['malformed JSON', 'bash', '{"command": "ls', /not valid JSON.*Nothing was run.*\{"command"/],
  ['a list', 'bash', '[1]', /not a JSON object/],
  ['nothing', 'bash', '', /command is missing/],
  ['an unknown field', 'bash', '{"command":"ls","timeout":9}', /no field timeout.*fields are: command/],
  ['a number for a command', 'bash', '{"command":1}', /field command is wrong/],
  ['an unknown tool', 'python', '{}', /no tool "python".*bash and str_replace_editor/],
  ['an inherited name', 'constructor', '{}', /no tool "constructor"/],
  ['no name', '', 'garbage', /could not be read/],
  ['an unknown editor command', 'str_replace_editor', '{"command":"delete","path":"a"}', /command is wrong/],
  [
    'a replacement without text',
    'str_replace_editor',
    '{"command":"str_replace","path":"a"}',
    /needs old_str/,
  ],
  [
    'an insertion without line',
    'str_replace_editor',
    '{"command":"insert","path":"a"}',
    /insert_line and new_str/,
  ],
];
for (const [what, name, args, expected] of REFUSED) {
  test(`answered as an observation: ${what}`, async () => {
    const { observation, exitCode, commands } = await call(name, args);
    assert.match(observation, expected);
    assert.equal(exitCode, null);
    assert.equal(commands.length, 0);
  });
}

test('odd but clear arguments are understood', () => {
  const view = { command: 'view', path: 'a' };
  for (const [raw, range] of [
    [{ ...view, view_range: null, old_str: null }, undefined],
    [{ ...view, view_range: '[1, 5]' }, [1, 5]],
    [JSON.stringify({ ...view, view_range: [2, -1] }), [2, -1]],
  ] as const) {
    const parsed = parseEditorArguments(JSON.stringify(raw));
    assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem);
    assert.deepEqual(parsed.value.view_range, range);
  }
});

test('the editor gets its arguments on stdin, afresh in /testbed', async () => {
  const { observation, commands } = await call('str_replace_editor', '{"command":"view","path":"a.py"}', {
    output: '     1\tx\n',
  });
  assert.equal(observation, '     1\tx');
  assert.equal(commands[0]?.command.session, 'plain');
  assert.deepEqual(JSON.parse(commands[0]?.command.stdin ?? ''), { command: 'view', path: 'a.py' });
});

test('the definitions are JSON Schemas with described, typed fields', () => {
  const [bash, editor] = TOOLS;
  assert.deepEqual(bash?.parameters['required'], ['command']);
  assert.deepEqual(editor?.parameters['required'], ['command', 'path']);
  const fields = editor?.parameters['properties'] as Record<string, { type?: string; description?: string }>;
  assert.deepEqual(Object.keys(fields), [
    'command',
    'path',
    'view_range',
    'file_text',
    'old_str',
    'new_str',
    'insert_line',
  ]);
  for (const [name, field] of Object.entries(fields)) {
    assert.ok(field.type !== undefined && (field.description ?? '') !== '', name);
  }
});

test('a summary is one line of at most 100 characters', () => {
  assert.equal(of('bash', '{"command":"cd a &&\\n  pytest -q"}'), 'bash: cd a && pytest -q');
  assert.equal(
    of('str_replace_editor', '{"command":"view","path":"src/a.py"}'),
    'str_replace_editor: view src/a.py',
  );
  assert.equal(of('bash', '{"comm'), 'bash: {"comm');
  assert.equal(of('', 'x'), 'unreadable call: x');
  assert.ok(of('bash', JSON.stringify({ command: '😀'.repeat(200) })).length <= 100);
});
