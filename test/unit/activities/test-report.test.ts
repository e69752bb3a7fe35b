import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { readReport } from '../../../src/activities/grading/test-report.ts';

const START = { word: 'w', start: 2 };
const testLine = (id: string, outcome: string, word = 'w') => ({ word, test: id, outcome });
const endLine = (status: number, tests: number) => ({ word: 'w', end: status, tests });

/** What came through the pipe; a line that is text stands as it is. */
function result(lines: readonly unknown[], exitCode: number | null = 0) {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  return { report: texts.map((text) => `${text}\n`).join(''), exitCode };
}

/** The tests that a report would be paid for. */
function paid(given: Parameters<typeof readReport>[0]): string[] {
  const report = readReport(given);
  if (report === null || !report.ended) return [];
  return Object.keys(report.outcomes).filter((id) => report.outcomes[id] === 'passed');
}

describe('reading a report', () => {
  test('outcomes are read by exact node id, spaces and brackets and all', () => {
    const id = 'tests/a.py::test_x[select a from b -- PASSED]';
    const lines = [START, testLine(id, 'passed'), testLine('b', 'skipped'), endLine(0, 2)];
    assert.deepEqual(readReport(result(lines)), {
      outcomes: { [id]: 'passed', b: 'skipped' },
      ended: true,
      spoofed: null,
    });
  });

  test('a report without the first line means that the runner never started', () => {
    assert.equal(readReport(result([])), null);
    assert.equal(readReport(result([testLine('a', 'passed'), START, endLine(0, 1)])), null);
    assert.equal(readReport(result([{ word: 'w', start: 1 }])), null);
    assert.equal(readReport(result([START]))?.ended, false);
  });

  test('a flood is no end, and no want of a start either', () => {
    assert.deepEqual(readReport({ report: null, exitCode: 0 }), {
      outcomes: {},
      ended: false,
      spoofed: 'the report was flooded',
    });
  });

  test('a line that a kill cut says nothing, and a test reported twice is as bad as its worst', () => {
    const lines = [START, testLine('a', 'failed'), testLine('a', 'passed')];
    const { report } = result(lines, null);
    assert.deepEqual(readReport({ report: `${report}{"word":"w","test":"c","outc`, exitCode: null }), {
      outcomes: { a: 'failed' },
      ended: false,
      spoofed: null,
    });
  });

  test('what passed in a run that broke off by its own word does not count, what failed does', () => {
    const lines = [START, testLine('a', 'passed'), testLine('b', 'failed'), endLine(2, 2)];
    assert.deepEqual(readReport(result(lines, 2)), { outcomes: { b: 'failed' }, ended: true, spoofed: null });
  });

  const honest = [START, testLine('a', 'failed'), endLine(1, 1)];
  const forged: Readonly<Record<string, ReturnType<typeof result>>> = {
    'a pass after the end': result([...honest, testLine('b', 'passed')], 1),
    'an end after the end': result([...honest, endLine(0, 1)], 0),
    'a second start': result([START, START, testLine('a', 'passed'), endLine(0, 1)]),
    'another word': result([START, testLine('a', 'passed', 'v'), endLine(0, 0)]),
    'no word': result([START, { test: 'a', outcome: 'passed' }, endLine(0, 0)]),
    'an outcome that there is not': result([START, testLine('a', 'better'), endLine(0, 0)]),
    'a line that is no JSON': result([START, 'PASSED a', testLine('a', 'passed'), endLine(0, 1)]),
    'more lines than were written': result([START, testLine('a', 'passed'), endLine(0, 0)]),
    'another exit status': result([START, testLine('a', 'passed'), endLine(0, 1)], 1),
    'an exit where none was said': result([START, testLine('a', 'passed')], 0),
  };
  for (const [name, given] of Object.entries(forged)) {
    test(`${name} is never paid`, () => assert.deepEqual(paid(given), []));
  }

  test('what somebody else wrote of a test is a failure of it, whatever was written', () => {
    const lines = [START, testLine('a', 'passed'), testLine('a', 'passed', 'v'), endLine(0, 1)];
    assert.equal(readReport(result(lines))?.outcomes['a'], 'failed');
    assert.match(readReport(result(lines))?.spoofed ?? '', /did not write/);
  });
});

describe('whatever is written into a report', () => {
  const id = fc.constantFrom('a', 'b', '__proto__');
  const line = fc.oneof(
    fc.record({ word: fc.constantFrom('w', 'v'), test: id, outcome: fc.constantFrom('passed', 'failed') }),
    fc.record({ word: fc.constantFrom('w', 'v'), end: fc.integer({ min: 0, max: 5 }), tests: fc.nat(4) }),
    fc.record({ word: fc.constantFrom('w', 'v'), start: fc.constantFrom(1, 2) }),
    fc.string(),
    fc.jsonValue(),
  );

  test('no test passes that the reporter itself did not write as passed, once and alone', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), fc.integer({ min: 0, max: 5 }), (lines, exitCode) => {
        const given = result([START, ...lines], exitCode);
        const passed = paid(given);
        const own = lines.filter(
          (one): one is { test: string; outcome: string } =>
            typeof one === 'object' && one !== null && 'test' in one && one['word'] === 'w',
        );
        for (const name of passed) {
          assert.ok(own.some((one) => one.test === name && one.outcome === 'passed'));
          assert.ok(!own.some((one) => one.test === name && one.outcome === 'failed'));
          assert.ok(exitCode <= 1);
          assert.equal(given.report.split('\n').filter((text) => text.includes('"end"')).length, 1);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('an honest report of a failure that is cut, doubled or mixed with any bytes pays nothing', () => {
    const honest = result([START, testLine('a', 'failed'), endLine(1, 1)], 1).report;
    fc.assert(
      fc.property(
        fc.nat(honest.length),
        fc.oneof(
          fc.string(),
          line.map((one) => JSON.stringify(one)),
          fc.constant(honest),
        ),
        fc.integer({ min: 0, max: 2 }),
        (at, added, exitCode) => {
          const mangled = `${honest.slice(0, at)}${added}${honest.slice(at)}`;
          assert.ok(!paid({ report: mangled, exitCode }).includes('a'));
          assert.ok(!paid({ report: honest.slice(0, at), exitCode }).includes('a'));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
