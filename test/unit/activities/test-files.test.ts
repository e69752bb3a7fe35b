import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patchSections } from '../../../src/activities/grading/patch-sections.ts';
import { testFilesTouched, withoutTestFiles } from '../../../src/activities/grading/test-files.ts';
import { instance } from '../../support/instance.ts';

const change = (path: string): string =>
  `diff --git a/${path} b/${path}\nindex 1..2 100644\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n-a\n+b\n`;
const subject = instance({
  failToPass: ['tests/test it.py::test_a'],
  passToPass: ['tests/tést.py::test_b'],
  testPatch: change('tests/added.py'),
});

test('a diff is cut at its files, and each part knows the paths of both sides', () => {
  const renamed =
    'diff --git a/old name.py b/new name.py\nsimilarity index 100%\nrename from old name.py\nrename to new name.py\n';
  const empty = 'diff --git a/pkg/a b.py b/pkg/a b.py\nnew file mode 100644\nindex 0..0\n';
  const binary =
    'diff --git a/x.bin b/x.bin\nnew file mode 100644\nindex 0..1\nGIT binary patch\nliteral 1\nIcmZPo000310\n\n';
  const quoted =
    'diff --git "a/t\\303\\251st\\t.py" "b/t\\303\\251st\\t.py"\n--- "a/t\\303\\251st\\t.py"\n+++ "b/t\\303\\251st\\t.py"\n@@ -1 +1 @@\n-a\n+b\n';
  const deleted = 'diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n';
  const sections = patchSections([renamed, empty, binary, quoted, deleted].join(''));
  assert.deepEqual(
    sections.map((section) => section.paths),
    [['old name.py', 'new name.py'], ['pkg/a b.py'], ['x.bin'], ['tést\t.py'], ['gone.py']],
  );
  assert.equal(
    sections.map((section) => section.text).join(''),
    [renamed, empty, binary, quoted, deleted].join(''),
  );
});

test('lines of a hunk that look like headers name no file', () => {
  const tricky =
    'diff --git a/src.py b/src.py\n--- a/src.py\n+++ b/src.py\n@@ -1,2 +1,3 @@\n--- a/tests/test it.py\n+++ b/tests/test it.py\n+diff --git a/x b/x\n';
  assert.deepEqual(
    patchSections(tricky).map((section) => section.paths),
    [['src.py']],
  );
  assert.equal(withoutTestFiles(tricky, subject), tricky);
});

test('changes to listed tests, to tests of the test patch and to the harness stay out; the rest stays as it is', () => {
  const kept = [change('src/a.py'), change('tests/helper.py'), change('setup.cfg')];
  const dropped = [
    'tests/test it.py',
    'tests/added.py',
    'conftest.py',
    'a/b/conftest.py',
    'pytest.ini',
    'tox.ini',
    'sitecustomize.py',
  ].map(change);
  const quoted =
    'diff --git "a/tests/t\\303\\251st.py" "b/tests/t\\303\\251st.py"\nnew file mode 100644\nindex 0..0\n';
  const moved =
    'diff --git a/src/x.py b/tests/test it.py\nsimilarity index 90%\nrename from src/x.py\nrename to tests/test it.py\n';
  const patch = [kept[0], ...dropped, kept[1], quoted, moved, kept[2]].join('');
  assert.equal(withoutTestFiles(patch, subject), kept.join(''));
  assert.equal(withoutTestFiles('', subject), '');
  assert.equal(withoutTestFiles(dropped.join(''), subject), '');
});

test('a bug patch without git headers is read too', () => {
  const plain = '--- a/tests/test it.py\n+++ b/tests/test it.py\n@@ -1 +1 @@\n-a\n+b\n';
  assert.deepEqual(testFilesTouched(plain, subject), ['tests/test it.py']);
  assert.deepEqual(testFilesTouched(change('src/a.py'), subject), []);
});
