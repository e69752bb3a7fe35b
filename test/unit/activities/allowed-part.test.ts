import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowedPart } from '../../../src/activities/grading/allowed-part.ts';
import { testFilesTouched } from '../../../src/activities/grading/test-files.ts';
import { adding, examples, reversed } from '../../support/grading-world.ts';
import { instance } from '../../support/instance.ts';

const change = (path: string): string =>
  `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n`;
const link = (path: string, target: string): string =>
  `diff --git a/${path} b/${path}\nnew file mode 120000\nindex 0..1\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1 @@\n+${target}\n\\ No newline at end of file\n`;
const subject = instance({
  failToPass: ['pkg/tests/unit/test it.py::test_a', 'more/test_more.py::test_c'],
  passToPass: ['tests/tést.py::test_b'],
  testPatch: change('tests/added.py'),
  bugPatch: change('pkg/a.py'),
});

test("real fixes pass unchanged, byte for byte, and a fix's own files are never configuration", async () => {
  for (const one of await examples()) {
    const gold = reversed(one.bugPatch ?? '');
    assert.deepEqual(allowedPart(gold, one), { patch: gold, findings: [] });
  }
  const config = { ...subject, bugPatch: change('setup.cfg') };
  assert.equal(allowedPart(change('setup.cfg'), config).patch, change('setup.cfg'));
  assert.deepEqual(allowedPart('', subject), { patch: '', findings: [] });
});

test('tests and what decides how they run stay out, each kind with a finding; the rest is unchanged', () => {
  const free = [
    'pkg/a.py',
    'pkg/test/client.py',
    'tests.py',
    'more/helper.py',
    'docs/conf.py',
    'pkg/testing.py',
  ];
  const tests = [
    'pkg/tests/unit/test it.py',
    'pkg/tests/helper.py',
    'tests/added.py',
    'tests/tést.py/x',
    'TESTS/Added.py',
    'more/test_other.py',
    'more/other_test.py',
    'more/other.spec.ts',
    'pkg/tests',
  ];
  const harness = [
    'conftest.py',
    'a/b/conftest.py',
    'pytest.ini',
    'pytest.toml',
    'tox.ini',
    'setup.cfg',
    'pyproject.toml',
    '.coveragerc',
    'sitecustomize.py',
    'usercustomize.py',
    'pyvenv.cfg',
    'noxfile.py',
    'jest.config.js',
    'pkg/.mocharc.yml',
    'phpunit.xml',
    'a.pth',
    'x.egg-info/entry_points.txt',
    'x-1.dist-info/METADATA',
    'pytest.py',
    'src/_pytest/config.py',
    'pluggy/__init__.py',
    'iniconfig.cpython-311-x86_64-linux-gnu.so',
    'pkg/a.pyc',
  ];
  const patch = [...free, ...tests, ...harness].map(change).join('');
  const allowed = allowedPart(patch, subject);
  assert.equal(allowed.patch, free.map(change).join(''));
  assert.deepEqual(allowed.findings, [
    {
      kind: 'test_files_changed',
      where: `patch: ${tests[0]}`,
      detail: `is of the tests (and ${tests.length - 1} more)`,
    },
    {
      kind: 'harness_files_changed',
      where: 'patch: conftest.py',
      detail: `decides how tests are run (and ${harness.length - 1} more)`,
    },
  ]);
  const gone = 'diff --git a/tests/tést.py b/tests/tést.py\ndeleted file mode 100644\nindex 1..0\n';
  assert.deepEqual(
    allowedPart(gone, subject).findings.map(({ kind }) => kind),
    ['test_files_changed', 'tests_deleted'],
  );
});

test('a folder of tests is one by the names that runners have for it, `testing` at the top alone', () => {
  for (const [listed, beside, isTest] of [
    ['web/__tests__/a.js', 'web/__tests__/util.js', true],
    ['spec/models/a_spec.rb', 'spec/support/help.rb', true],
    ['testing/test_a.py::test_a', 'testing/unit/help.py', true],
    ['pkg/testing/test_a.py::test_a', 'pkg/testing/help.py', false],
  ] as const) {
    const one = instance({ failToPass: [listed], passToPass: [] });
    assert.equal(allowedPart(change(beside), one).patch, isTest ? '' : change(beside), beside);
  }
});

test('a moved file is of the tests when either side is', () => {
  for (const [from, to] of [
    ['src/x.py', 'tests/added.py'],
    ['tests/added.py', 'src/x.py'],
  ])
    assert.equal(
      allowedPart(`diff --git a/${from} b/${to}\nrename from ${from}\nrename to ${to}\n`, subject).patch,
      '',
    );
});

test('what could land elsewhere is never brought over', () => {
  for (const path of [
    '../x',
    'a/../../x',
    '/etc/passwd',
    '.git/hooks/post-checkout',
    'a/.GIT/config',
    '.git./config',
    'a/.g\u200bit/config',
    'git~1/config',
    '.gitmodules',
    'a//b',
    './a',
    'a\u202eb.py',
    'pkg/__pycache__/a.cpython-311.pyc',
    'x'.repeat(300),
    `${'d/'.repeat(600)}x`,
    'a\rb',
  ]) {
    const allowed = allowedPart(change('pkg/a.py') + change(path), subject);
    assert.equal(allowed.patch, change('pkg/a.py'), path);
    assert.deepEqual(
      allowed.findings.map(({ kind }) => kind),
      ['forbidden_path'],
      path,
    );
    assert.doesNotMatch(JSON.stringify(allowed.findings), /\\u202e|\u202e|\u200b|\\r/u);
  }
  for (const mode of ['160000', '104755', '020666', '060600', '010644', '040000']) {
    const odd = `diff --git a/x b/x\nnew file mode ${mode}\nindex 0..1\n--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+x\n`;
    assert.deepEqual(allowedPart(odd, subject).findings[0]?.kind, 'forbidden_path', mode);
  }
});

test('links may point into the tree, but not out of it, to tests, or by ways that turn', () => {
  for (const [path, target] of [
    ['docs/readme', '../README.md'],
    ['a/b/c', '../../pkg/a.py'],
    ['x', 'pkg/./data'],
  ] as const)
    assert.deepEqual(allowedPart(link(path, target), subject), { patch: link(path, target), findings: [] });
  for (const [path, target] of [
    ['x', '/etc/passwd'],
    ['x', '..'],
    ['a/b', '../../x'],
    ['a/b', 'c/../../..'],
    ['a/b', '..'],
    ['x', 'tests'],
    ['x', 'pkg/tests/unit/test it.py'],
    ['x', 'pkg'],
    ['x', '.git/config'],
    ['x', 'conftest.py'],
    ['tests', 'elsewhere'],
  ] as const)
    assert.equal(allowedPart(link(path, target), subject).patch, '', `${path} -> ${target}`);
  const lines = link('x', 'pkg/a.py').replace('+1 @@\n+pkg/a.py', '+1,2 @@\n+pkg/a.py\n+more');
  assert.equal(allowedPart(lines, subject).patch, '', 'a target of two lines');
  const through = link('a', 'pkg2') + adding('a/x.py', 'x\n');
  assert.equal(allowedPart(through, subject).patch, link('a', 'pkg2'));
  // A folder that makes way for a link loses its files.
  const gone =
    'diff --git a/a/x.py b/a/x.py\ndeleted file mode 100644\n--- a/a/x.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n';
  const instead = gone + link('a', 'pkg2');
  assert.deepEqual(allowedPart(instead, subject), { patch: instead, findings: [] });
});

test('bombs are left out whole, and what is said of a patch stays small', () => {
  const many = Array.from({ length: 5001 }, (_, i) => adding(`f${i}`, 'x\n')).join('');
  assert.equal(allowedPart(many, subject).patch, '');
  const large =
    'diff --git a/x b/x\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 1073741824\nzcmZPo000310\n\n';
  const { patch, findings } = allowedPart(change('pkg/a.py') + large, subject);
  assert.equal(patch, '');
  assert.match(findings[0]?.detail ?? '', /once inflated/);
  const sized = (bytes: number): string => large.replace('1073741824', String(bytes));
  const most = 64 * 1024 * 1024 - 1000;
  assert.equal(allowedPart(sized(most), subject).patch, sized(most));
  assert.equal(allowedPart(sized(most) + adding('pkg/b.py', 'x'.repeat(1000)), subject).patch, '');
  const long = allowedPart(
    Array.from({ length: 900 }, (_, i) => change(`${'d/'.repeat(99)}../${i}`)).join(''),
    subject,
  );
  assert.equal(long.findings.length, 1);
  assert.ok(JSON.stringify(long.findings).length < 600);
});

test('a bug patch without git headers is read too', () => {
  const plain = '--- a/tests/added.py\n+++ b/tests/added.py\n@@ -1 +1 @@\n-a\n+b\n';
  assert.deepEqual(testFilesTouched(plain, subject), ['tests/added.py']);
  assert.deepEqual(testFilesTouched(change('src/a.py'), subject), []);
  const gone = '--- a/tests/added.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n';
  assert.deepEqual(
    allowedPart(gone, subject).findings.map(({ kind }) => kind),
    ['test_files_changed', 'tests_deleted'],
  );
});
