import assert from 'node:assert/strict';
import { test } from 'node:test';
import { django } from '../../../src/activities/grading/runners/django.ts';
import { adding, replacing } from '../../support/grading-world.ts';
import { instance } from '../../support/instance.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';

test("labels are the test patch's modules as the official harness writes them", async () => {
  const renamed =
    'diff --git a/tests/old/tests.py b/tests/new/tests.py\nsimilarity index 100%\nrename from tests/old/tests.py\nrename to tests/new/tests.py\n';
  const testPatch = [
    replacing('tests/migrations/test_writer.py', 'a\n', 'b\n'),
    replacing('tests/migrations/test_writer.py', 'b\n', 'c\n'),
    adding('tests/backends/base/test_creation.py', 'x\n'),
    adding('tests/fixtures/data.json', '{}\n'),
    adding('tests/i18n/notes.txt', 'x\n'),
    renamed,
    adding('tests/app/__init__.py', 'x\n'),
  ].join('');
  const listed = instance({
    runner: 'django',
    testPatch,
    failToPass: ['test_x (a.B)'],
    passToPass: ['Some words.'],
  });
  const command = await django.command(listed, { timeoutMs: 1000, control: true }, NO_OFFICIAL);
  assert.deepEqual(JSON.parse(command.stdin ?? ''), {
    files: [
      'tests/migrations/test_writer.py',
      'tests/backends/base/test_creation.py',
      'tests/new/tests.py',
      'tests/app/__init__.py',
    ],
    labels: ['migrations.test_writer', 'backends.base.test_creation', 'new.tests', 'app.__init__'],
    listed: ['test_x (a.B)', 'Some words.'],
    control: true,
  });
  assert.equal(command.timeoutMs, 1000);
});
