import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { readReport } from '../../../src/activities/grading/test-report.ts';
import { guestFolder } from '../../../src/adapters/sandbox/guest.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

/** What the reporter sees of Django: a script that runs unittest's runner as Django's does. */
const RUNTESTS = `
import argparse, sys, unittest
parser = argparse.ArgumentParser()
parser.add_argument("--verbosity", type=int)
parser.add_argument("--settings")
parser.add_argument("--parallel", type=int)
parser.add_argument("labels", nargs="*")
options = parser.parse_args()
assert (options.settings, options.parallel) == ("test_sqlite", 1)
suite = unittest.defaultTestLoader.loadTestsFromNames(options.labels)
result = unittest.TextTestRunner(verbosity=options.verbosity, resultclass=None).run(suite)
if result.failures or result.errors:
    sys.exit(1)
`;

const TESTS = `
import unittest

class Base:
    def test_inherited(self):
        pass

class Plain(Base, unittest.TestCase):
    def test_pass(self):
        pass

    def test_doc(self):
        """
        The first line (of two).
        The second.
        """

    def test_fail(self):
        self.fail()

    def test_error(self):
        raise KeyError

    def test_skip(self):
        self.skipTest("no")

    @unittest.skip("never")
    def test_marked(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    @unittest.expectedFailure
    def test_unexpected(self):
        pass

    def test_sub_good(self):
        for i in range(3):
            with self.subTest(i=i):
                pass

    def test_sub_bad(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)

    def test_cleanup(self):
        self.addCleanup(self.fail)

class Late(unittest.TestCase):
    def __call__(self, result=None):
        super().__call__(result)
        try:
            raise OSError
        except OSError:
            import sys
            result.addError(self, sys.exc_info())

    def test_late(self):
        pass

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError

    def test_never(self):
        pass
`;

interface Request {
  readonly labels: readonly string[];
  readonly files?: readonly string[];
  readonly control?: boolean;
  /** tests/runtests.py. */
  readonly script?: string;
}

async function reported(t: TestContext, { script = RUNTESTS, ...request }: Request) {
  const home = temporaryHome(t);
  await mkdir(join(home, 'tests/app'), { recursive: true });
  await writeFile(join(home, 'tests/runtests.py'), script);
  await writeFile(join(home, 'tests/app/__init__.py'), '');
  await writeFile(join(home, 'tests/app/tests.py'), TESTS);
  const stdin = join(home, 'request.json');
  await writeFile(
    stdin,
    JSON.stringify({ files: ['tests/app/tests.py'], listed: [], control: false, ...request }),
  );
  // A file, as a supervisor gives it.
  const input = await open(stdin, 'r+');
  const child = spawn('python3', ['-s', join(guestFolder, 'django_reporter.py')], {
    cwd: home,
    env: { PATH: process.env['PATH'], STEADFAST_REPORT_FD: '5', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: [input.fd, 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
  });
  const texts = [child.stdout, child.stderr, reportOf(child)].map(async (stream) => {
    const parts: Buffer[] = [];
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  });
  const [[exitCode], out = '', err = '', report = ''] = await Promise.all([once(child, 'close'), ...texts]);
  await input.close();
  assert.equal(await readFile(stdin, 'utf8'), '', 'the request is taken off');
  const read = readReport({ report, exitCode: exitCode as number });
  assert.ok(read !== null, err);
  return { ...read, log: out + err, exitCode: exitCode as number };
}

/** The fifth stream, which the types of `stdio` do not know. */
function reportOf({ stdio }: { readonly stdio: readonly unknown[] }): Readable {
  return stdio[5] as Readable;
}

const plain = (name: string): string => `${name} (app.tests.Plain)`;

test('each kind of end is told, under each name that lists have for a test', async (t) => {
  const { outcomes, ended, spoofed, exitCode, log } = await reported(t, { labels: ['app.tests'] });
  assert.deepEqual([ended, spoofed, exitCode], [true, null, 1], log);
  const expected = {
    passed: ['test_pass', 'test_doc', 'test_sub_good', 'test_inherited'],
    skipped: ['test_skip', 'test_marked', 'test_expected'],
    failed: ['test_fail', 'test_error', 'test_unexpected', 'test_sub_bad', 'test_cleanup'],
  };
  for (const [outcome, names] of Object.entries(expected)) {
    for (const name of names) {
      assert.equal(outcomes[plain(name)], outcome, name);
      assert.equal(outcomes[`${name} (app.tests.Plain.${name})`], outcome, name);
    }
  }
  assert.equal(outcomes['The first line (of two).'], 'passed');
  assert.equal(outcomes['test_late (app.tests.Late)'], 'failed', 'an error after its end counts');
  assert.equal(outcomes['test_never (app.tests.Broken)'], undefined, 'its class was not set up');
  assert.equal(outcomes['setUpClass (app.tests.Broken)'], 'failed');
  // As the official reader of the log knows it.
  assert.match(log, /^test_pass \(app\.tests\.Plain(\.test_pass)?\) \.\.\. ok$/m);
  assert.match(log, /^The first line \(of two\)\. \.\.\. ok$/m);
});

test('in a control run no test passes, wherever its body stands', async (t) => {
  const { outcomes, ended, log } = await reported(t, { labels: ['app.tests'], control: true });
  assert.equal(ended, true, log);
  const passed = Object.keys(outcomes).filter((name) => outcomes[name] === 'passed');
  assert.deepEqual(passed, []);
  // Reached by the file's editing, and through a base class that the labels' files do not hold.
  assert.equal(outcomes[plain('test_pass')], 'failed');
  const moved = await reported(t, { labels: ['app.tests'], files: [], control: true });
  assert.deepEqual(
    Object.keys(moved.outcomes).filter((name) => moved.outcomes[name] === 'passed'),
    [],
  );
  assert.equal(moved.outcomes[plain('test_inherited')], 'failed');
});

test('a script that dies, or has nothing to run, ends with a status that no run of tests has', async (t) => {
  const none = await reported(t, { labels: [] });
  assert.deepEqual([none.exitCode, none.spoofed, none.outcomes], [4, null, {}]);
  const refused = await reported(t, { labels: ['--no-such-option'] });
  assert.deepEqual([refused.exitCode, refused.spoofed, refused.outcomes], [2, null, {}]);
  const broken = await reported(t, { labels: ['app.tests'], script: 'raise OSError("no database")' });
  assert.deepEqual([broken.exitCode, broken.spoofed, broken.outcomes], [4, null, {}]);
  assert.match(broken.log, /OSError: no database/);
});
