import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { MAX_LINE_BYTES } from '../../../src/adapters/official/process.ts';
import { benchInstance, graderOptions, logOf, realOfficial } from '../../support/official.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const ONE = 'tests/test_a.py::test_one';
const ROW = benchInstance([ONE], [], 'parse_log_pytest');
const RUN = { log: logOf(`PASSED ${ONE}`), ended: 'ran' } as const;

/** A grader whose first process does something else, given its first request; those after it are the real one. */
async function misbehaving(t: TestContext, deed: string, requestMs = 60_000) {
  const folder = temporaryHome(t);
  await mkdir(join(folder, 'steadfast_grader'));
  const program = [
    'import os, runpy, sys, time',
    'here = os.path.dirname(__file__)',
    'try:',
    '    os.mkdir(here + "/began")',
    'except FileExistsError:',
    `    sys.path.insert(0, ${JSON.stringify(graderOptions().folder)})`,
    '    del sys.modules["steadfast_grader"]',
    '    runpy.run_module("steadfast_grader", run_name="__main__", alter_sys=True)',
    '    sys.exit()',
    'line = sys.stdin.readline()',
    deed,
  ];
  await writeFile(join(folder, 'steadfast_grader/__init__.py'), '');
  await writeFile(join(folder, 'steadfast_grader/__main__.py'), program.join('\n'));
  return realOfficial(t, { folder, requestMs });
}

for (const [what, deed, message] of [
  ['dies of a signal', 'os.kill(os.getpid(), 9)', /it ended \(SIGKILL\)/],
  ['ends with a traceback', 'raise RuntimeError("out of cheese")', /exit code 1.*out of cheese/s],
  ['ends without a word', 'sys.exit(0)', /it ended \(exit code 0\)/],
  ['is silent', 'time.sleep(60)', /it was silent for 3 s/],
  [
    'answers garbage',
    'print("PASSED", flush=True)\ntime.sleep(60)',
    /nonsense.*expected the answer to request 0/,
  ],
  [
    'answers somebody else',
    'print(\'{"id": 7, "result": {}}\', flush=True)\ntime.sleep(60)',
    /nonsense.*expected the answer to request 0, got \{"id": 7/,
  ],
  [
    'answers half',
    'print(\'{"id": 0, "result": {"resolved": true}}\', flush=True)\ntime.sleep(60)',
    /nonsense.*outcomes/s,
  ],
  ['answers without end', 'while True: sys.stdout.write("x" * 1000000)', /with more than \d+ bytes/],
] as const) {
  test(`a process that ${what} fails its request; the next one gets a process of its own`, async (t) => {
    const official = await misbehaving(t, deed, what === 'is silent' ? 3000 : 60_000);
    const [failed, next] = await Promise.allSettled([official.read(ROW, RUN), official.read(ROW, RUN)]);
    assert.equal(failed.status, 'rejected');
    const error = failed.reason as { type: string; message: string };
    assert.equal(error.type, 'Grade.Failed');
    assert.match(error.message, message);
    assert.equal(next.status, 'fulfilled', String(next.status === 'rejected' && next.reason));
    assert.equal(next.value.verdict.resolved, true);
  });
}

test('a grader that is not installed says where it was looked for', async (t) => {
  const official = realOfficial(t, { python: '/nowhere/python' });
  await assert.rejects(official.read(ROW, RUN), {
    type: 'Grade.Failed',
    message: /cannot be started.*\/nowhere\/python/,
  });
});

test('many in flight each get their own answer, one that was given up among them', async (t) => {
  const official = realOfficial(t);
  const stop = new AbortController();
  const asked = Array.from({ length: 40 }, async (_, i) => {
    const id = `tests/test_a.py::test_${i}`;
    const row = benchInstance([id], [], 'parse_log_pytest');
    const log = logOf(`${i % 2 === 0 ? 'PASSED' : 'FAILED'} ${id}`, i % 2);
    const { outcomes } = await official.read(row, { log, ended: 'ran' }, i === 20 ? stop.signal : undefined);
    assert.deepEqual(outcomes, { [id]: i % 2 === 0 ? 'passed' : 'failed' });
  });
  stop.abort(new Error('given up'));
  const failed = (await Promise.allSettled(asked)).flatMap(({ status }, i) =>
    status === 'rejected' ? [i] : [],
  );
  assert.deepEqual(failed, [20]);
});

test('what a package prints does not disturb the answers, and nothing reaches for the network', async (t) => {
  const folder = temporaryHome(t);
  await mkdir(join(folder, 'steadfast_grader'));
  await writeFile(join(folder, 'steadfast_grader/__init__.py'), '');
  // The real main, with a harness in the place of SWE-bench's that prints and tries doors.
  const harness = [
    'import os, socket, subprocess, urllib.request',
    'def script(record):',
    '    print("{\\"id\\": 0, \\"result\\": 1}", flush=True)',
    '    os.write(1, b"a line\\n")',
    '    refused = []',
    '    for attempt in (lambda: socket.create_connection(("127.0.0.1", 9)), lambda: subprocess.run(["true"]),',
    '                    lambda: os.system("true"), lambda: urllib.request.urlopen("http://localhost:9")):',
    '        try:',
    '            attempt()',
    '        except RuntimeError as error:',
    '            refused.append(str(error).rsplit(" ", 1)[-1])',
    '    return {"script": " ".join(refused), "patchFile": "p", "applyCommands": ["a"], "cleanCommand": None,',
    '            "appliedCheck": None, "restored": [], "timeoutSeconds": 1}',
  ];
  const main = [
    'import runpy, sys, types',
    `sys.path.insert(0, ${JSON.stringify(graderOptions().folder)})`,
    'del sys.modules["steadfast_grader"]',
    'import steadfast_grader',
    'module = types.ModuleType("steadfast_grader.swebench_rows")',
    `exec(${JSON.stringify(harness.join('\n'))}, module.__dict__)`,
    'sys.modules[module.__name__] = module',
    'runpy.run_module("steadfast_grader", run_name="__main__", alter_sys=True)',
  ];
  await writeFile(join(folder, 'steadfast_grader/__main__.py'), main.join('\n'));
  const { script } = await realOfficial(t, { folder }).script(ROW);
  assert.equal(script, 'socket.getaddrinfo subprocess.Popen os.system socket.getaddrinfo');
});

test('a giant log is read within its bounds; one beyond them fails', async (t) => {
  const official = realOfficial(t);
  const noise = 'x'.repeat(99);
  const lines = Array.from({ length: 60_000 }, (_, i) => `${noise}${i}`).join('\n');
  const found = await official.read(ROW, { log: logOf(`${lines}\nPASSED ${ONE}`), ended: 'ran' });
  assert.deepEqual(found.outcomes, { [ONE]: 'passed' });
  await assert.rejects(official.read(ROW, { log: 'x'.repeat(MAX_LINE_BYTES), ended: 'ran' }), {
    type: 'Grade.Failed',
    message: /at most \d+ bytes are sent/,
  });
  assert.equal((await official.read(ROW, RUN)).verdict.resolved, true);
});

test('a log on which the parser does not come to an end is a log without results', async (t) => {
  const official = realOfficial(t, { readSeconds: 2 });
  const row = benchInstance([ONE], [], 'parse_log_django');
  // Its patterns for broken lines look for their end again from each beginning.
  const log = logOf('a ... Testing against Django installed in '.repeat(40_000));
  const { verdict, outcomes } = await official.read(row, { log, ended: 'ran' });
  assert.deepEqual([verdict.resolved, outcomes], [false, {}]);
  assert.match(String(verdict.report['error']), /the log cannot be read: TooLong: it took longer than 2 s/);
  assert.equal((await official.read(ROW, RUN)).verdict.resolved, true);
});

test('a closed grader answers nothing, and its process is gone', async (t) => {
  const official = realOfficial(t);
  await official.read(ROW, RUN);
  await official.close();
  await assert.rejects(official.read(ROW, RUN), { type: 'Grade.Failed', message: /was closed/ });
});
