import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseShell } from '../../../../src/domain/audit/shell.ts';
import { bash, findingsOf } from './transcript.ts';

/** What shells and their readers stumble over. */
const PIECES =
  `" ' \` $( ( ) <<EOF\n EOF\n < > & | ; \\ # \n $ $' git rm cd find -exec {} python -c bash xargs [ * \ud800`.split(
    ' ',
  );

/** What naive readers need a square of its length for. */
const HARD = [
  '$("',
  'a;',
  'cat <<A;',
  '(',
  '`',
  '<(',
  'cat <<A\n',
  'bash -c "',
  'eval ',
  '* ',
  'print ====',
  'echo {',
  'a.py::',
];

describe('the bounds of the audit', () => {
  it('keeps few findings of a kind, in one printable line each', () => {
    const calls = Array.from({ length: 40 }, (_, i) =>
      bash(`curl https://example.org/${i} \u001b[31m${'x'.repeat(5000)}`),
    );
    const findings = findingsOf(calls);
    assert.equal(findings.length, 5);
    for (const { detail } of findings) {
      assert.ok(detail.length <= 200);
      assert.doesNotMatch(detail, /\p{Cc}/u);
    }
  });

  it('tells an attempt once, however often it is made', () => {
    assert.equal(findingsOf([bash('git reflog'), bash('git reflog')]).length, 1);
  });

  it('reads anything without an error', () => {
    const pieces = fc.constantFrom(...PIECES);
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 60 }), (parts) => {
        findingsOf([bash(parts.join('')), bash(parts.join(' '))]);
      }),
      { numRuns: 400 },
    );
  });

  it('takes no time for what is written to take time', () => {
    const repeated = HARD.map((unit) => unit.repeat(200_000 / unit.length));
    for (const script of [...repeated, `rm ${'?*'.repeat(40)}`, `rm tests/${'*t*e'.repeat(30)}`]) {
      const before = process.cpuUsage().user;
      findingsOf([bash(script), bash(`python - <<'EOF'\n${script}\nEOF`)]);
      const tookMs = (process.cpuUsage().user - before) / 1000;
      assert.ok(tookMs < 5000, `${JSON.stringify(script.slice(0, 20))}: ${tookMs} ms`);
    }
  });

  it('keeps quoted text, comments and here-documents apart from commands', () => {
    const script = `cat <<'A' > x; echo "b # c" 'd;e' # git reflog
git reflog
A
f "$(g 'h)')" \\
  i 2>&1 &> j`;
    assert.deepEqual(
      parseShell(script).map(({ words, writes, stdin }) => [words.join(' '), writes, stdin]),
      [
        ['cat', ['x'], 'git reflog\n'],
        ['echo b # c d;e', [], null],
        ['(', [], null],
        ['g h)', [], null],
        [')', [], null],
        ["f $(g 'h)') i", ['j'], null],
      ],
    );
  });
});
