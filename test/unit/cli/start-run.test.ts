import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newRunName } from '../../../src/cli/start-run.ts';
import { findRunConfigProblems } from '../../../src/schemas/run-config.ts';

describe('newRunName', () => {
  it('is a name that a run may have, with the time in it', () => {
    const run = newRunName('main', new Date('2026-11-23T01:02:03Z'));
    assert.match(run, /^main-20261123-010203-[0-9a-f]{4}$/);
    const input = { model: 'm', data: 'd', run };
    assert.deepEqual(findRunConfigProblems(input, { workflowId: run, machineConcurrency: 1 }), []);
  });
});
