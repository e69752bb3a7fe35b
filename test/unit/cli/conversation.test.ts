import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { renderLink } from '../../../src/cli/conversation.ts';
import type { TurnLink } from '../../../src/domain/trajectory.ts';

const render = (link: TurnLink) => stripVTControlCharacters(renderLink(link));

describe('renderLink', () => {
  it('shows what was asked', () => {
    const messages = [
      { role: 'system', content: 'Be good.' },
      { role: 'user', content: 'Fix it.' },
    ] as const;
    assert.equal(
      render({ kind: 'start', parent: null, messages }),
      '── system\nBe good.\n\n── user\nFix it.\n',
    );
  });

  it('shows a turn with its calls, and arguments that are no JSON as they are', () => {
    const link: TurnLink = {
      kind: 'model',
      parent: 'p',
      turn: 2,
      message: {
        role: 'assistant',
        content: 'Looking.',
        toolCalls: [callOf('{"command":"ls -l"}'), callOf('{"co')],
      },
      promptTokenIds: null,
      completionTokenIds: null,
      logprobs: null,
      finishReason: 'tool_calls',
      usage: null,
      model: 'm',
      startedAt: '',
      durationMs: 1,
    };
    assert.equal(render(link), '── turn 2\nLooking.\n→ bash ls -l\n→ bash {"co\n');
  });

  it('shows an observation with how it ended', () => {
    const link: TurnLink = {
      kind: 'tool',
      parent: 'p',
      turn: 2,
      call: callOf('{}'),
      observation: 'no such file',
      exitCode: 2,
      timedOut: false,
      startedAt: '',
      durationMs: 1,
    };
    assert.equal(render(link), '← bash (exit code 2)\nno such file\n');
    assert.match(render({ ...link, exitCode: null, timedOut: true }), /\(timed out\)/);
  });
});

function callOf(text: string) {
  return { id: '1', name: 'bash', arguments: text };
}
