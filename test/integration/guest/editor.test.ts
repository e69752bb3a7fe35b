import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

const EDITOR = join(import.meta.dirname, '../../../src/adapters/sandbox/guest/editor.py');

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steadfast-editor-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (path: string) => join(root, path);
const put = (path: string, content: string | Buffer) => writeFileSync(at(path), content);
const get = (path: string) => readFileSync(at(path), 'utf8');

const hint = (old_str: string) => edit('str_replace', 'a.py', { old_str, new_str: 'z' }).text;

function edit(command: string, path: string, more: Record<string, unknown> = {}) {
  const { status, stdout, stderr } = spawnSync('python3', ['-I', '-S', '-B', EDITOR, root], {
    input: JSON.stringify({ command, path, ...more }),
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: at('.home'), LC_ALL: 'C' },
  });
  assert.equal(stderr, '');
  return { code: status, text: stdout };
}

test('view shows line numbers, ranges, and says what is wrong with a range', () => {
  put('a.py', 'one\ntwo ü\nthree\n');
  assert.equal(edit('view', 'a.py').text, '     1\tone\n     2\ttwo ü\n     3\tthree\n');
  assert.equal(edit('view', at('a.py'), { view_range: [2, -1] }).text, '     2\ttwo ü\n     3\tthree\n');
  assert.equal(edit('view', 'a.py', { view_range: [3, 99] }).text, '     3\tthree\n');
  const { code, text } = edit('view', 'a.py', { view_range: [5, 9] });
  assert.equal(code, 1);
  assert.match(text, /it has 3 lines/);
  put('empty', '');
  assert.match(edit('view', 'empty').text, /is empty/);
});

test('view lists two levels of a folder without hidden files', () => {
  mkdirSync(at('pkg/inner/deep'), { recursive: true });
  put('pkg/x.py', '');
  put('pkg/inner/y.py', '');
  put('pkg/.hidden', '');
  const { text } = edit('view', 'pkg');
  assert.match(text, /pkg\/\n {2}inner\/\n {4}deep\/\n {4}y\.py\n {2}x\.py\n/);
  assert.doesNotMatch(text, /hidden\n/);
});

test('a file that is not there is answered with its neighbours', () => {
  put('parser.py', 'x');
  assert.match(edit('view', 'parsr.py').text, /no file .*Did you mean parser\.py/);
  assert.match(edit('view', 'no/where.py').text, /no folder .*\/no either/);
});

test('create makes folders, and never overwrites', () => {
  assert.equal(edit('create', 'new/a.py', { file_text: 'x = 1\n' }).code, 0);
  assert.equal(get('new/a.py'), 'x = 1\n');
  const { code, text } = edit('create', 'new/a.py', { file_text: '' });
  assert.equal(code, 1);
  assert.match(text, /already there/);
  assert.equal(get('new/a.py'), 'x = 1\n');
});

test('str_replace replaces the one occurrence and shows it', () => {
  put('a.py', 'a\nb\nc\n');
  const { code, text } = edit('str_replace', 'a.py', { old_str: 'b\n', new_str: 'B1\nB2\n' });
  assert.equal(code, 0);
  assert.equal(get('a.py'), 'a\nB1\nB2\nc\n');
  assert.match(text, /Edited .*a\.py.*\n {5}1\ta\n {5}2\tB1\n {5}3\tB2\n {5}4\tc/);
  edit('str_replace', 'a.py', { old_str: 'a\n' });
  assert.equal(get('a.py'), 'B1\nB2\nc\n');
});

test('str_replace says where an ambiguous text occurs', () => {
  put('a.py', 'x = 1\ny\nx = 1\n');
  const { code, text } = edit('str_replace', 'a.py', { old_str: 'x = 1', new_str: 'z' });
  assert.equal(code, 1);
  assert.match(text, /occurs 2 times in .*at lines 1, 3/);
  assert.equal(get('a.py'), 'x = 1\ny\nx = 1\n');
});

test('str_replace hints at near misses', () => {
  put('a.py', 'def f():\n    return compute(1)\n');
  assert.match(hint('def f():\n  return compute(1)'), /Lines 1 to 2 differ from it in white space only/);
  assert.match(hint('     1\tdef f():'), /line numbers of view/);
  assert.match(hint('    return compute(2)'), /most similar lines are:\n.*return compute\(1\)/s);
  assert.match(hint('zzzzzz qqqq'), /View the file/);
  assert.match(hint(''), /old_str is empty/);
});

test('insert puts lines after a line and keeps a missing final newline', () => {
  put('a.py', 'a\nb');
  assert.equal(edit('insert', 'a.py', { insert_line: 2, new_str: 'c\n' }).code, 0);
  assert.equal(get('a.py'), 'a\nb\nc');
  edit('insert', 'a.py', { insert_line: 0, new_str: '0' });
  assert.equal(get('a.py'), '0\na\nb\nc');
  assert.match(edit('insert', 'a.py', { insert_line: 9, new_str: '' }).text, /use 0 to 4/);
  put('empty', '');
  edit('insert', 'empty', { insert_line: 0, new_str: 'x' });
  assert.equal(get('empty'), 'x\n');
});

test('line ends and mode are kept, and links stay links', () => {
  put('w.py', 'a\r\nb\r\n');
  chmodSync(at('w.py'), 0o755);
  symlinkSync('w.py', at('link.py'));
  assert.equal(edit('view', 'w.py').text, '     1\ta\n     2\tb\n');
  assert.equal(edit('str_replace', 'link.py', { old_str: 'a\nb', new_str: 'c\nd' }).code, 0);
  assert.equal(get('w.py'), 'c\r\nd\r\n');
  assert.equal(statSync(at('w.py')).mode & 0o777, 0o755);
});

test('what is not text is refused and left alone', () => {
  const latin = Buffer.from([0x61, 0xe9, 0x0a]);
  put('latin.py', latin);
  put('binary', 'a\0b');
  assert.match(
    edit('str_replace', 'latin.py', { old_str: 'a', new_str: 'b' }).text,
    /not UTF-8 text \(byte 1\)/,
  );
  assert.deepEqual(readFileSync(at('latin.py')), latin);
  assert.match(edit('view', 'binary').text, /binary file/);
  assert.match(edit('str_replace', '.', { old_str: 'a', new_str: 'b' }).text, /is a folder/);
  assert.match(edit('view', '/dev/zero').text, /not a regular file/);
  assert.match(edit('view', 'a\0b').text, /a\\0b/);
});

test('undo_edit takes edits back one by one, down to the creation', () => {
  edit('create', 'a.py', { file_text: 'one\n' });
  edit('str_replace', 'a.py', { old_str: 'one', new_str: 'two' });
  edit('insert', 'a.py', { insert_line: 1, new_str: 'three' });
  assert.equal(edit('undo_edit', 'a.py').code, 0);
  assert.equal(get('a.py'), 'two\n');
  edit('undo_edit', 'a.py');
  assert.equal(get('a.py'), 'one\n');
  assert.match(edit('undo_edit', 'a.py').text, /Removed/);
  const { code, text } = edit('undo_edit', 'a.py');
  assert.equal(code, 1);
  assert.match(text, /no edit of .*a\.py to undo/);
});

test('undo_edit does not lose what something else changed', () => {
  edit('create', 'a.py', { file_text: 'one\n' });
  edit('str_replace', 'a.py', { old_str: 'one', new_str: 'two' });
  put('a.py', 'two\nand more\n');
  const { code, text } = edit('undo_edit', 'a.py');
  assert.equal(code, 1);
  assert.match(text, /changed by something else/);
  assert.equal(get('a.py'), 'two\nand more\n');
});
