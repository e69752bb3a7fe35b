import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { followFilter } from '../../../src/cli/follow-filter.ts';
import { followPull } from '../../../src/cli/follow-pull.ts';
import { leaveToItself } from '../../../src/cli/follow-to-end.ts';
import { followRun } from '../../../src/cli/follow.ts';
import { followVerify } from '../../../src/cli/follow-verify.ts';
import { createOutput } from '../../../src/cli/output.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

/** A server whose workflows no worker takes. */
const WITHOUT_WORKERS = {
  workflow: { getHandle: () => ({ result: () => new Promise(() => undefined) }) },
  withDeadline: () => Promise.reject(new WorkflowNotFoundError('none answers', 'w', undefined)),
} as unknown as Client;

function streams() {
  const texts = { stdout: '', stderr: '' };
  const stdout = { write: (text: string) => (texts.stdout += text) };
  const stderr = { write: (text: string) => (texts.stderr += text) };
  return { texts, output: (json: boolean) => createOutput({ json, stdout, stderr }) };
}

describe('where no worker answers', () => {
  const commands = { run: followRun, filter: followFilter, pull: followPull, verify: followVerify };
  for (const [name, follow] of Object.entries(commands)) {
    it(`${name} says what to do`, async (t) => {
      const { texts, output } = streams();
      const store = temporaryHome(t);
      const leaving = new AbortController();
      const late = AbortSignal.timeout(5000);
      const ended = follow({
        client: WITHOUT_WORKERS,
        workflowId: 'w',
        run: 'w',
        artifacts: createFolderArtifacts(store),
        store,
        output: output(false),
        json: false,
        signal: leaving.signal,
        waiting: 'waiting; start a worker',
      });
      while (texts.stdout === '' && !late.aborted) await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      await ended;
      assert.match(texts.stdout, /^waiting; start a worker\n/);
    });
  }
});

describe('a run that is left to itself', () => {
  it('gives its name to a program, and to a person how to follow it', () => {
    const { texts, output } = streams();
    leaveToItself('r', output(true), true);
    assert.deepEqual(JSON.parse(texts.stdout), { type: 'run', run: 'r' });
    assert.match(texts.stderr, /^follow it with: steadfast run --attach r {2}or {2}steadfast status r\n$/);
  });

  it('gives a person no record', () => {
    const { texts, output } = streams();
    leaveToItself('r', output(false), false);
    assert.match(texts.stdout, /^follow it with: [^{]*$/);
  });
});
