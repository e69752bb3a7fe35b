import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { inflatedBytes } from '../../../src/activities/grading/patch/binary.ts';
import { patchSections } from '../../../src/activities/grading/patch/sections.ts';

const HEAD = 'diff --git a/src.py b/src.py\n--- a/src.py\n+++ b/src.py\n';

test('a diff is cut at its files, and each part knows the paths of both sides', () => {
  const renamed =
    'diff --git a/old name.py b/new name.py\nsimilarity index 100%\nrename from old name.py\nrename to new name.py\n';
  const empty = 'diff --git a/pkg/a b.py b/pkg/a b.py\nnew file mode 100644\nindex 0..0\n';
  const binary =
    'diff --git a/x.bin b/x.bin\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 1\nIcmZPo000310\n\nliteral 0\nHcmV?d00001\n\n';
  const quoted =
    'diff --git "a/t\\303\\251st\\t.py" "b/t\\303\\251st\\t.py"\n--- "a/t\\303\\251st\\t.py"\n+++ "b/t\\303\\251st\\t.py"\n@@ -1 +1 @@\n-a\n+b\n';
  const deleted = 'diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n';
  const spaced = 'diff --git a/a b.py b/a b.py\n--- a/a b.py\t\n+++ b/a b.py\t\n@@ -1 +1 @@\n-a\n+b\n';
  const all = [renamed, empty, binary, quoted, deleted, spaced];
  const sections = patchSections(all.join(''));
  assert.deepEqual(
    sections.map(({ paths, fault }) => [paths, fault]),
    [
      [['old name.py', 'new name.py'], null],
      [['pkg/a b.py'], null],
      [['x.bin'], null],
      [['tést\t.py'], null],
      [['gone.py'], null],
      [['a b.py'], null],
    ],
  );
  assert.deepEqual(
    sections.map(({ text }) => text),
    all,
  );
});

test('lines of a hunk that look like headers name no file', () => {
  const tricky = `${HEAD}@@ -1 +1,2 @@\n--- a/tests/x.py\n+++ b/tests/x.py\n+diff --git a/x b/x\n`;
  assert.deepEqual(
    patchSections(tricky).map(({ paths, fault }) => [paths, fault]),
    [[['src.py'], null]],
  );
});

test('a header that follows a whole hunk is one, whatever the part before it is about', () => {
  const hidden = `${HEAD}@@ -1 +1 @@\n-a\n+b\n--- a/tests/x.py\n+++ b/tests/x.py\n@@ -1 +1 @@\n-a\n+b\n`;
  assert.deepEqual(
    patchSections(hidden).map(({ paths }) => paths),
    [['src.py'], ['tests/x.py']],
  );
});

test('headers that git and another reader would understand differently have a fault', () => {
  const hunk = '@@ -1 +1 @@\n-a\n+b\n';
  for (const [header, fault] of [
    ['diff --git a/x.py b/x.py\n--- a/y.py\n+++ b/y.py\n', /first line that names other files/],
    ['diff --git a/x.py b/y.py\n--- a/x.py\n+++ b/y.py\n', /names two files/],
    ['diff --git a/x.py b/x.py\n--- a/x.py\n+++ b/x.py\n+++ b/y.py\n', /one side only/],
    ['diff --git a/x.py b/x.py\n--- a/x.py\n--- a/x.py\n+++ b/x.py\n+++ b/y.py\n', /names one side twice/],
    ['diff --git a/x.py b/y.py\nrename from x.py\nrename to z.py\n', /first line that names other files/],
    ['diff --git a/x.py b/y.py\nrename from x.py\n', /one side only/],
    ['diff --git a/x.py b/y.py\nold mode 100644\nnew mode 100755\n', /does not name one file/],
    ['diff --git a/x.py b/x.py\n--- /dev/null\n+++ /dev/null\n', /names no file/],
    ['diff --git "a/\\377.py" "b/\\377.py"\n--- "a/\\377.py"\n+++ "b/\\377.py"\n', /not UTF-8/],
    ['diff --git "a/\\q.py" "b/\\q.py"\n--- "a/\\q.py"\n+++ "b/\\q.py"\n', /an escape/],
    ['diff --git x.py x.py\n--- x.py\n+++ x.py\n', /without the folder/],
    ['diff --git /etc/x /etc/x\n--- /etc/x\n+++ /etc/x\n', /absolute/],
  ] as const) {
    assert.match(patchSections(header + hunk)[0]?.fault ?? 'none', fault, header);
  }
});

test('hunks must have as many lines as they say, and a bound keeps hostile headers cheap', () => {
  for (const hunk of ['@@ -1,2 +1 @@\n-a\n+b\n', '@@ -1 +1,3 @@\n-a\n+b\nrest\n', '@@ -1,0 +1 @\n+b\n'])
    assert.match(patchSections(HEAD + hunk)[0]?.fault ?? 'none', /a hunk/);
  const started = Date.now();
  const spaces = `diff --git a/${' x'.repeat(500_000)} b/${' x'.repeat(500_000)}\nnew file mode 100644\n`;
  assert.match(patchSections(spaces)[0]?.fault ?? 'none', /does not name one file/);
  assert.ok(Date.now() - started < 2000);
});

test('a binary change is as large as what git would inflate', () => {
  assert.equal(inflatedBytes({ kind: 'literal', declared: 10 ** 9, lines: [] }), 10 ** 9);
  // A delta's head: source of 5 bytes, result of 2^30.
  const delta = deflateSync(Buffer.from([5, 0x80, 0x80, 0x80, 0x80, 4, 0x90, 5]));
  assert.equal(inflatedBytes({ kind: 'delta', declared: 8, lines: [base85(delta)] }), 2 ** 30);
  assert.equal(inflatedBytes({ kind: 'delta', declared: 8, lines: ['Zgarbage'] }), Number.POSITIVE_INFINITY);
});

/** A line of git's base85. */
function base85(data: Buffer): string {
  const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~';
  const padded = Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
  let line = String.fromCharCode(data.length <= 26 ? 64 + data.length : 70 + data.length);
  for (let at = 0; at < padded.length; at += 4) {
    const word = padded.readUInt32BE(at);
    line += [4, 3, 2, 1, 0].map((place) => alphabet[Math.floor(word / 85 ** place) % 85]).join('');
  }
  return line;
}
