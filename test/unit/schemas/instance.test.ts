import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { parseInstance } from '../../../src/schemas/instance.ts';

const settings = { imageNamespace: null };
const examples = new URL('../../../examples/', import.meta.url);
/** One record of SWE-bench Lite (scikit-learn, BSD-3-Clause) and one of SWE-smith (pandas, BSD-3-Clause), as published. */
const [BENCH, SMITH] = linesOf(new URL('real-records.jsonl', import.meta.url));

const base: Readonly<Record<string, unknown>> = {
  instance_id: 'pypi__demo.00000000.func__1',
  repo: 'pypi/demo',
  patch: 'diff --git a/demo.py b/demo.py\n',
  FAIL_TO_PASS: ['tests/test_demo.py::test_a[x y]'],
  PASS_TO_PASS: [],
  source: {
    kind: 'pypi-sdist',
    name: 'demo',
    version: '1.0',
    filename: 'demo-1.0.tar.gz',
    sha256: 'a'.repeat(64),
  },
};
const sourceless = Object.fromEntries(Object.entries(base).filter(([field]) => field !== 'source'));
const parse = (...records: readonly unknown[]): Instance[] =>
  records.map((record, i) => parseInstance(record, `data.jsonl line ${i + 1}`, settings));
const one = (record: unknown): Instance => parseInstance(record, 'data.jsonl line 1', settings);

/** The message of the Instance.Invalid that a record causes. */
function complaint(record: unknown): string {
  try {
    one(record);
  } catch (error) {
    assert.ok(error instanceof SteadfastError);
    assert.equal(error.type, 'Instance.Invalid');
    return error.message;
  }
  throw new assert.AssertionError({ message: `accepted: ${JSON.stringify(record)}` });
}

test("SWE-bench's patch is the fix, its lists are JSON strings, and its image follows the official rule", () => {
  const instance = one(BENCH);
  assert.equal(instance.format, 'swe-bench');
  assert.equal(instance.bugPatch, null);
  assert.match(instance.goldPatch ?? '', /^diff --git/);
  assert.match(instance.testPatch ?? '', /^diff --git/);
  assert.equal(instance.failToPass.length > 0 && instance.failToPass.every((id) => id.includes('::')), true);
  const name = 'sweb.eval.x86_64.scikit-learn_1776_scikit-learn-13584:latest';
  assert.deepEqual(instance.source, { kind: 'image', image: `swebench/${name}` });
  const elsewhere = parseInstance(BENCH, 'bench.jsonl line 1', { imageNamespace: 'mirror.example/swe' });
  assert.deepEqual(elsewhere.source, { kind: 'image', image: `mirror.example/swe/${name}` });
});

test("SWE-smith's patch makes the bug, and its image has the published name", () => {
  const instance = one(SMITH);
  assert.equal(instance.format, 'swe-smith');
  assert.match(instance.bugPatch ?? '', /^diff --git/);
  assert.equal(instance.goldPatch, null);
  assert.equal(instance.testPatch, null);
  const image = 'jyangballin/swesmith.x86_64.pandas-dev_1776_pandas.95280573';
  assert.deepEqual(instance.source, { kind: 'image', image });
});

test('lists may be lists in any family, an image may be named, and an optional field may be null', () => {
  const [listed, named, smith] = parse(
    { ...sourceless, test_patch: 'diff --git a/t b/t\n', problem_statement: null },
    { ...sourceless, test_patch: '', image: 'registry.example/x:1', PASS_TO_PASS: '["a::b"]', language: 'C' },
    { ...sourceless, image_name: 'registry.example/smith:2', unknown_field: { any: 'thing' } },
  );
  assert.equal(listed?.format, 'swe-bench');
  assert.equal(listed.problemStatement, '');
  assert.deepEqual(named?.source, { kind: 'image', image: 'registry.example/x:1' });
  assert.deepEqual([named?.passToPass, named?.language], [['a::b'], 'c']);
  assert.equal(smith?.format, 'swe-smith');
  assert.deepEqual(smith.source, { kind: 'image', image: 'registry.example/smith:2' });
});

test('a test that a list names twice is one test', () => {
  const twice = { FAIL_TO_PASS: ['a::b', 'a::c', 'a::b'], PASS_TO_PASS: '["a::d", "a::d"]' };
  const { failToPass, passToPass } = one({ ...base, ...twice });
  assert.deepEqual([failToPass, passToPass], [['a::b', 'a::c'], ['a::d']]);
});

test('the shipped examples parse, each one once, with ids that keep their spaces', () => {
  const files = readdirSync(examples).filter((file) => file.endsWith('.jsonl'));
  const instances = files.flatMap((file) => parse(...linesOf(new URL(file, examples))));
  assert.equal(instances.length, 28);
  assert.equal(new Set(instances.map((instance) => instance.instanceId)).size, 28);
  assert.equal(new Set(instances.map((instance) => instance.repo)).size, 6);
  assert.ok(instances.every(({ format, bugPatch }) => format === 'pypi-sdist' && bugPatch !== null));
  assert.ok(instances.some(({ passToPass }) => passToPass.some((id) => id.includes(' '))));
  const pins = readFileSync(new URL('requirements.lock', examples), 'utf8');
  for (const { source } of instances) {
    assert.ok(source.kind === 'pypi-sdist');
    assert.ok(pins.includes(`${source.name}==${source.version} --hash=sha256:${source.sha256}\n`));
  }
});

test('a bad field is named with line, instance, value and what was expected', () => {
  const cases: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
    [{ FAIL_TO_PASS: 17 }, /FAIL_TO_PASS is 17; expected a list of test ids, or a JSON string of one$/],
    [{ FAIL_TO_PASS: '["a' }, /FAIL_TO_PASS is "\[\\"a"; expected a list/],
    [{ PASS_TO_PASS: ['a', 3] }, /PASS_TO_PASS is \["a",3\]; expected a list/],
    [{ PASS_TO_PASS: undefined }, /PASS_TO_PASS is missing; expected a list/],
    [{ patch: '' }, /patch is ""; expected a unified diff/],
    [{ repo: '' }, /repo is ""/],
    [{ problem_statement: 5 }, /problem_statement is 5; expected a string/],
    [{ source: { ...(base['source'] as object), filename: '../x' } }, /source\.filename is "\.\.\/x"/],
    [
      { source: { kind: 'git' } },
      /source\.url is missing; expected a URL that git clones.*source\.commit is missing/,
    ],
    [{ source: { kind: 'svn' } }, /source\.kind is "svn"; expected "pypi-sdist", "git" or "folder"/],
    [{ patch: ['x'.repeat(500)] }, /patch is \["x{1,80}\.\.\.; expected/],
  ];
  for (const [changed, expected] of cases) {
    const message = complaint({ ...base, ...changed });
    assert.match(message, expected);
    assert.match(message, /^data\.jsonl line 1: instance pypi__demo\.00000000\.func__1: /);
  }
});

test('an instance with neither tests nor a source is refused for both', () => {
  const message = complaint({ instance_id: 'a', repo: 'b', patch: 'c' });
  assert.match(message, /FAIL_TO_PASS is missing/);
  assert.match(message, /it has no source; expected `source`/);
  assert.match(complaint(sourceless), /^data\.jsonl line 1: instance \S+: it has no source/);
});

test('what is no record at all is refused with its place', () => {
  assert.match(complaint(3), /^data\.jsonl line 1: .*expected an object, got 3/);
  assert.match(complaint({}), /^data\.jsonl line 1: an instance without instance_id: instance_id is missing/);
});

/** The records of a JSONL file. */
function linesOf(url: URL): unknown[] {
  const lines = readFileSync(url, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown);
}
