import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { readReport } from '../../../src/activities/grading/test-report.ts';
import { guestFolder } from '../../../src/adapters/sandbox/guest.ts';
import { loadConfig } from '../../../src/config.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';
import { temporaryHome } from '../../support/temporary-home.ts';

/** Every kind of test that a list may name. */
const TESTS = `"""Tests."""
from __future__ import annotations
import unittest, pytest

def test_plain():
    assert True

@pytest.mark.parametrize("word", ["a b", "c[d]"])
def test_words(word):
    return None

@pytest.fixture
def five():
    return 5

def test_fixture(five, tmp_path):
    assert five == 5

class TestGroup:
    @staticmethod
    def test_static():
        pass

    def test_method(self):
        assert self

class Base:
    def test_inherited(self):
        pass

class TestUnit(Base, unittest.TestCase):
    def setUp(self):
        self.ready = True

    def test_unit(self):
        for n in range(2):
            with self.subTest(n=n):
                self.assertTrue(self.ready)

def make(n):
    def inner(self):
        self.assertEqual(n, n)
    return inner

setattr(TestUnit, "test_made", make(1))

def documented():
    """
    >>> 1 + 1
    2
    """

def test_fails():
    assert 1 == 2

def test_skips():
    pytest.skip("not here")

@pytest.mark.xfail
def test_expected():
    assert False

@pytest.fixture
def falls():
    yield
    raise RuntimeError

def test_teardown(falls):
    pass
`;
const PASSING = [
  'test_plain',
  'test_words[a b]',
  'test_words[c[d]]',
  'test_fixture',
  'TestGroup::test_static',
  'TestGroup::test_method',
  'TestUnit::test_inherited',
  'TestUnit::test_unit',
  'TestUnit::test_made',
  'tests.test_it.documented',
].map((name) => `tests/test_it.py::${name}`);

interface Asked {
  readonly files?: Readonly<Record<string, string>>;
  readonly listed?: readonly string[];
  readonly control?: boolean;
}

/** What the reporter reports of a repository of these files. */
async function reported(t: TestContext, { files = {}, listed = PASSING, control = false }: Asked) {
  const home = temporaryHome(t);
  for (const [path, text] of Object.entries({
    'tests/__init__.py': '',
    'tests/test_it.py': TESTS,
    ...files,
  })) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
  const request = join(temporaryHome(t), 'request.json');
  await writeFile(request, JSON.stringify({ files: ['tests/test_it.py'], listed, control }));
  // A file, as a supervisor gives it.
  const stdin = await open(request, 'r+');
  const python = join(toolPaths(loadConfig().cache).guestEnv, 'bin/python');
  const child = spawn(python, ['-s', join(guestFolder, 'reporter.py'), 'src'], {
    cwd: home,
    env: { PATH: process.env['PATH'], HOME: home, STEADFAST_REPORT_FD: '5', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: [stdin.fd, 'pipe', 'pipe', 'ignore', 'ignore', 'pipe'],
  });
  const streams = [child.stdout, child.stderr, (child.stdio as readonly unknown[])[5] as Readable];
  const texts = streams.map(async (stream) => {
    const parts: Buffer[] = [];
    for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
    return Buffer.concat(parts).toString('utf8');
  });
  const [[exitCode], out = '', err = '', report = ''] = await Promise.all([once(child, 'close'), ...texts]);
  await stdin.close();
  assert.equal(await readFile(request, 'utf8'), '', 'the request is taken off');
  const read = readReport({ report, exitCode: exitCode as number });
  assert.ok(read !== null, err);
  return { ...read, log: out + err, exitCode: exitCode as number };
}

test('each kind of end is told', async (t) => {
  const { outcomes, ended, spoofed, exitCode, log } = await reported(t, {});
  assert.deepEqual([ended, spoofed, exitCode], [true, null, 1], log);
  const others = {
    test_fails: 'failed',
    test_teardown: 'failed',
    test_skips: 'skipped',
    test_expected: 'skipped',
  };
  const expected = [
    ...PASSING.map((id) => [id, 'passed']),
    ...Object.entries(others).map(([name, outcome]) => [`tests/test_it.py::${name}`, outcome]),
  ];
  assert.deepEqual(outcomes, Object.fromEntries(expected), log);
});

test('in a control run every listed test fails, of whatever kind, and the rest of the file still works', async (t) => {
  const { outcomes, ended, log } = await reported(t, { control: true });
  assert.equal(ended, true, log);
  for (const id of PASSING) assert.equal(outcomes[id], 'failed', `${id}\n${log}`);
});

test('a control run of files with tabs, decorators, no docstring, or no newline at the end', async (t) => {
  const file =
    '# -*- coding: utf-8 -*-\r\nimport functools, pytest\r\ndef kept(f):\r\n\t@functools.wraps(f)\r\n\tdef g(*a): return f(*a)\r\n\treturn g\r\n' +
    'class TestTabs:\r\n\t@kept\r\n\t@pytest.mark.parametrize(\r\n\t\t"n", [1]\r\n\t)\r\n\tdef test_tabs(self, n): pass\r\nif True:\r\n\tdef test_one_line(): return 1';
  const listed = ['TestTabs::test_tabs[1]', 'test_one_line'].map((name) => `tests/test_it.py::${name}`);
  const files = {
    'tests/test_it.py': file.replace('def g(*a): return f(*a)', 'def g(self, n): return f(self, n)'),
  };
  for (const control of [false, true]) {
    const { outcomes, log } = await reported(t, { files, listed, control });
    const outcome = control ? 'failed' : 'passed';
    assert.deepEqual(outcomes, Object.fromEntries(listed.map((id) => [id, outcome])), log);
  }
});

const CONFIGURATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'options of plugins that are not here': {
    'setup.cfg':
      '[tool:pytest]\naddopts = -n 4 --cov=it --cov-fail-under=100 -p no_such_plugin --strict-markers\n',
  },
  'a newer pytest required': { 'pytest.ini': '[pytest]\nminversion = 99\n' },
  'plugins required': { 'pytest.ini': '[pytest]\nrequired_plugins = pytest-no-such>=3\n' },
  'unknown options, and warnings as errors': {
    'pytest.ini': '[pytest]\nasyncio_mode = auto\nfilterwarnings = error\n',
  },
  'tests left out': {
    'pyproject.toml':
      '[tool.pytest.ini_options]\naddopts = ["-k", "nothing", "--deselect=tests", "--collect-only"]\n',
  },
  'an honest conftest.py': {
    'conftest.py':
      'import sys, pytest\ndef pytest_addoption(parser): parser.addoption("--slow", action="store_true")\n' +
      'def pytest_configure(config): config.addinivalue_line("markers", "slow: slow")\n' +
      '@pytest.fixture(autouse=True)\ndef around(): yield\n',
  },
  'modules by the names of what the reporter needs': {
    'json.py': 'raise SystemExit(3)\n',
    'pytest.py': 'raise SystemExit(3)\n',
    '_pytest/__init__.py': 'raise SystemExit(3)\n',
    'reporter_pipe.py': 'raise SystemExit(3)\n',
  },
};
for (const [name, files] of Object.entries(CONFIGURATIONS)) {
  test(`a repository with ${name} is run as it should be`, async (t) => {
    const { outcomes, log } = await reported(t, { files });
    for (const id of PASSING) assert.equal(outcomes[id], 'passed', `${id}\n${log}`);
  });
}

test('doctests of a repository that has them on, and its way of importing', async (t) => {
  const files = { 'tox.ini': '[pytest]\naddopts =\n    --doctest-modules\n    --import-mode=importlib -x\n' };
  const { outcomes, log } = await reported(t, { files, listed: PASSING.slice(0, 1) });
  assert.equal(outcomes['tests/test_it.py::tests.test_it.documented'], 'passed', log);
  assert.equal(outcomes['tests/test_it.py::test_teardown'], 'failed', '-x is left out');
});

test('what a test forks or starts has no report to write to', async (t) => {
  const file = [
    'import os, subprocess, sys',
    'def test_forks():',
    '    if os.fork() == 0:',
    '        raise RuntimeError("in the child")',
    '    os.wait()',
    // Node gives a socket for a pipe; whatever else the machine has open is not the reporter's.
    'def test_child():',
    "    code = \"import os; print([os.readlink('/proc/self/fd/' + n) for n in os.listdir('/proc/self/fd') if int(n) > 3], 'STEADFAST_REPORT_FD' in os.environ)\"",
    '    out = subprocess.run([sys.executable, "-c", code], close_fds=False, capture_output=True, text=True).stdout',
    '    assert "socket:" not in out and out.endswith("False\\n"), out',
  ].join('\n');
  const listed = ['test_forks', 'test_child'].map((name) => `tests/test_it.py::${name}`);
  const { outcomes, spoofed, log } = await reported(t, { files: { 'tests/test_it.py': file }, listed });
  assert.equal(spoofed, null, log);
  for (const id of listed) assert.equal(outcomes[id], 'passed', `${id}\n${log}`);
});
