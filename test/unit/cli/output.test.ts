import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOutput } from '../../../src/cli/output.ts';

function streamOf(isTTY: boolean, columns = 20) {
  const written: string[] = [];
  return { written, isTTY, columns, write: (text: string) => written.push(text) };
}

describe('an output', () => {
  it('keeps stdout for records when a program reads', () => {
    const [stdout, stderr] = [streamOf(false), streamOf(false)];
    const output = createOutput({ json: true, stdout, stderr });
    output.say('hello');
    output.live('now');
    output.data({ type: 'run' });
    assert.deepEqual([stdout.written, stderr.written], [['{"type":"run"}\n'], ['hello\n']]);
  });

  it('replaces the live line on a terminal and cuts it to the width', () => {
    const stdout = streamOf(true);
    const output = createOutput({ json: false, stdout });
    output.live('a line that is far too long');
    output.say('stays');
    assert.deepEqual(stdout.written, ['a line that is far…', '\r\u001b[2K', 'stays\n']);
  });
});
