import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sandboxScript } from '../../../src/activities/grading/official-script.ts';
import { script } from '../../../src/activities/grading/runners/script.ts';
import type { OfficialReading } from '../../../src/ports/official.ts';
import type { CommandResult } from '../../../src/ports/sandbox.ts';
import { benchInstance } from '../../support/official.ts';

describe('a run of the official script', () => {
  const row = benchInstance(['t.py::a'], [], 'parse_log_pytest');
  const verdict = { resolved: true, report: {} };
  const reading: OfficialReading = {
    outcomes: { 't.py::a': 'passed' },
    ended: true,
    imitations: [],
    verdict,
  };

  async function read(result: Partial<CommandResult>, changed: Partial<OfficialReading> = {}) {
    const asked: unknown[] = [];
    const official = {
      read: async (_: unknown, run: unknown) => {
        asked.push(run);
        return { ...reading, ...changed };
      },
      script: async () => await Promise.reject(new Error('unused')),
      close: async () => undefined,
    };
    const whole: CommandResult = {
      exitCode: 0,
      output: '>>>>> Steadfast begins the script\nthe log',
      droppedBytes: 0,
      timedOut: false,
      outOfMemory: false,
      durationMs: 1,
      report: null,
      fingerprint: 'f',
    };
    return { report: await script.read(row, { ...whole, ...result }, official), asked };
  }

  test('its log is what stands below our first line; without that line the tests never began', async () => {
    const { report, asked } = await read({});
    assert.deepEqual(asked, [{ log: 'the log', ended: 'ran' }]);
    assert.deepEqual(report, {
      outcomes: { 't.py::a': 'passed' },
      ended: true,
      spoofed: null,
      official: verdict,
    });
    const unstarted = await read({ output: 'bash: not found', exitCode: 127 });
    assert.deepEqual([unstarted.report, unstarted.asked], [null, []]);
  });

  test('one that reached the time limit is told as such', async () => {
    const { asked } = await read({ timedOut: true, exitCode: null });
    assert.deepEqual(asked, [{ log: 'the log', ended: 'timed_out' }]);
  });

  test('a flood that dropped a part leaves no outcome, for the runner’s own lines may be among it', async () => {
    const { report } = await read({ droppedBytes: 1 });
    assert.deepEqual(report, {
      outcomes: {},
      ended: false,
      spoofed: 'the output was flooded',
      official: verdict,
    });
  });

  test('imitations are told', async () => {
    const { report } = await read({}, { outcomes: {}, imitations: ['one', 'two'] });
    assert.equal(report?.spoofed, 'one; two');
  });

  test('the commit that the script names is the sandbox’s own', () => {
    const baseCommit = 'a'.repeat(40);
    const made = sandboxScript(
      { ...row, baseCommit },
      `git checkout ${baseCommit} t.py\ngit diff ${baseCommit}`,
    );
    assert.match(made, /\ngit checkout HEAD t\.py\ngit diff HEAD$/);
    assert.ok(!made.includes(baseCommit));
  });
});
