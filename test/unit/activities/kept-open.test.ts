import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { keptOpen } from '../../../src/activities/grading/kept-open.ts';
import type { CommandResult, SandboxCommand } from '../../../src/ports/sandbox.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';

const LIMITS = { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 };
const inHours = (hours: number): string => new Date(Date.now() + hours * 3600_000).toISOString();
const SPEC = { name: 'n', run: 'r', instance: instance(), tree: null, limits: LIMITS, deadline: inHours(2) };
const command = (key: string): SandboxCommand => ({
  key,
  script: '',
  session: 'plain',
  timeoutMs: 1,
  outputBytes: 1,
});

/** A sandbox whose tests leave `dirt` behind them, which tidying takes away or not. */
function world(options: { readonly tests?: Partial<CommandResult>; readonly tidies: boolean }) {
  const inner = fakeSandbox(({ key }) => {
    if (key.startsWith('tests')) return { fingerprint: 'dirt', ...options.tests };
    return key.startsWith('tidy') && !options.tidies ? { fingerprint: 'dirt' } : { fingerprint: 'clean' };
  });
  const opened: string[] = [];
  const sandbox = keptOpen({
    ...inner,
    open: async (spec) => {
      opened.push(spec.name);
      await inner.open(spec);
    },
  });
  const round = async (changed: Partial<typeof SPEC> = {}): Promise<void> => {
    await sandbox.open({ ...SPEC, ...changed });
    await sandbox.run('n', command('patch'));
    await sandbox.run('n', command('tests'));
    await sandbox.close('n');
  };
  return { inner, opened, sandbox, round };
}

describe('sandboxes kept open for repeats', () => {
  it('opens one that the tests leave as it was once, with a key for each run', async () => {
    const { inner, opened, sandbox, round } = world({ tidies: true });
    for (let i = 0; i < 3; i++) await round();
    assert.deepEqual(opened, ['n']);
    const keys = inner.commands.map((one) => one.command.key).filter((key) => key.startsWith('tests'));
    assert.deepEqual(keys, ['tests-0', 'tests-1', 'tests-2']);
    await sandbox.end('n');
    assert.equal(inner.opened.size, 0);
  });

  it('opens a fresh one where the tests have left something behind', async () => {
    const { inner, opened, round } = world({ tidies: false });
    await round();
    assert.equal(inner.opened.size, 0);
    await round();
    assert.deepEqual(opened, ['n', 'n']);
  });

  for (const tests of [{ timedOut: true }, { outOfMemory: true }]) {
    it(`opens a fresh one after a run with ${JSON.stringify(tests)}`, async () => {
      const { opened, round } = world({ tests, tidies: true });
      await round();
      await round();
      assert.deepEqual(opened, ['n', 'n']);
    });
  }

  it('opens a fresh one for other limits', async () => {
    const { opened, round } = world({ tidies: true });
    await round();
    await round({ limits: { ...LIMITS, memoryBytes: 2 } });
    assert.deepEqual(opened, ['n', 'n']);
  });

  it('opens a fresh one where the old one may be ended in the middle of a run', async () => {
    const { opened, round } = world({ tidies: true });
    await round({ deadline: inHours(0.9) });
    await round();
    await round();
    assert.deepEqual(opened, ['n', 'n']);
  });
});
