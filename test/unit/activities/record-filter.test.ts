import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createFilterRecordActivity } from '../../../src/activities/record-filter.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Verdict } from '../../../src/domain/run-summary.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('filter.json is derived whole, however often a page is written', async (t) => {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const { recordFilter } = createFilterRecordActivity({ artifacts });
  const write = async (from: number, ...verdicts: Verdict[]) =>
    await activityEnvironment().run(recordFilter, { run: 'f', from, verdicts });
  await write(0, accept('a'), reject('b'));
  await write(2, reject('c'));
  await write(2, reject('c'));
  const text = (await artifacts.readRunFile('f', 'filter.json')) ?? '';
  const report = JSON.parse(text) as Record<string, unknown>;
  assert.deepEqual([report['checked'], report['kept'], report['reasons']], [3, 1, { empty_f2p: 2 }]);
});

function accept(instanceId: string): Verdict {
  return { instanceId, verdict: 'accept', reason: null, detail: '' };
}

function reject(instanceId: string): Verdict {
  return { instanceId, verdict: 'reject', reason: 'empty_f2p', detail: 'no test' };
}
