import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../src/domain/messages.ts';
import { asPlainText, withCommands } from '../../../src/domain/text-protocol.ts';

const said = (content: string) => ({ role: 'assistant', content, toolCalls: [] }) as const;
const commandsIn = (content: string): string[] =>
  withCommands(said(content), 'call_1').toolCalls.map(
    ({ arguments: text }) => (JSON.parse(text) as { command: string }).command,
  );

describe('commands in a text', () => {
  const cases: [string, string, string[]][] = [
    ['no block', 'All done: the fix is in `a.py`.', []],
    ['one', 'Let me look.\n\n```bash\nls -la\n```\n', ['ls -la']],
    ['several, in their order', '```bash\nls\n```\nthen\n```sh\ncat a\n```', ['ls', 'cat a']],
    ['several lines', '```bash\ncd src\n\nls\n```', ['cd src\n\nls']],
    ['a block of another language', '```python\nprint(1)\n```', []],
    ['a block without a language', '```\nls\n```', []],
    ['a fence within a line', 'use ```bash ls``` here', []],
    ['a block that was cut off', '```bash\nls', []],
    [
      'a longer fence around a shorter',
      '````bash\ncat > a.md <<X\n```\nhi\n```\nX\n````',
      ['cat > a.md <<X\n```\nhi\n```\nX'],
    ],
    ['an empty block', '```bash\n```', ['']],
    ['blanks after the fences', '```bash \nls\n``` \n', ['ls']],
  ];
  for (const [what, content, commands] of cases) {
    it(`are found: ${what}`, () => assert.deepEqual(commandsIn(content), commands));
  }

  it('are calls of bash, by ids that the same answer gives again', () => {
    const { toolCalls } = withCommands(said('```bash\nls\n```\n```bash\npwd\n```'), 'call_3');
    assert.deepEqual(
      toolCalls.map(({ id, name }) => [id, name]),
      [
        ['call_3_0', 'bash'],
        ['call_3_1', 'bash'],
      ],
    );
  });
});

describe('a conversation in plain text', () => {
  it('answers a message with one of the user, whatever the number of its commands', () => {
    const call = { id: 'a', name: 'bash', arguments: '{}' };
    const messages: Message[] = [
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      { role: 'assistant', content: 'two', toolCalls: [call, { ...call, id: 'b' }], tokenIds: [1, 2] },
      { role: 'tool', content: 'first', toolCallId: 'a' },
      { role: 'tool', content: 'second', toolCallId: 'b' },
      { role: 'assistant', content: 'one', toolCalls: [call] },
      { role: 'tool', content: 'third', toolCallId: 'a' },
    ];
    assert.deepEqual(asPlainText(messages), [
      messages[0],
      messages[1],
      { role: 'assistant', content: 'two', toolCalls: [], tokenIds: [1, 2] },
      { role: 'user', content: 'first\n\nsecond' },
      said('one'),
      { role: 'user', content: 'third' },
    ]);
  });
});
