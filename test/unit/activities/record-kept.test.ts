import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createRecordKeptActivity } from '../../../src/activities/record-kept.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { WHOLE_DATA } from '../../../src/domain/run-config.ts';
import type { RawRecord } from '../../../src/ports/datasets.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

/** A record of R2E-Gym, as far as it is looked at here. */
const r2e = (commit: string) => ({
  repo_name: 'aiohttp',
  commit_hash: commit,
  parsed_commit_content: '{}',
  expected_output_json: '{}',
});

/** Records the kept instances among those of a data set, and reads them again. */
async function kept(t: TestContext, records: readonly RawRecord[], ids: readonly string[]) {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const datasets = {
    async *readRecords() {
      yield* records;
    },
  };
  const { recordKept } = createRecordKeptActivity({ artifacts, datasets });
  const refs = ids.map((instanceId) => ({ instanceId, ref: `ref of ${instanceId}` }));
  const list = { ref: await artifacts.putJson(refs), count: refs.length };
  const config = await artifacts.putJson({ data: 'data.jsonl', selection: WHOLE_DATA, seed: 0 });
  const input = { run: 'r', config, list, revision: null, checked: 0 };
  assert.deepEqual(await activityEnvironment().run(recordKept, input), {
    kept: ids.length,
    quarantined: 0,
  });
  const written = (await artifacts.readRunFile('r', 'kept.jsonl')) ?? '';
  return written
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const verdict = { verdict: 'accept', runs: 0, flake_score: 0 };

test('records of R2E-Gym, which hold no id, are found by the one that their instances got', async (t) => {
  const records = [r2e('a'), r2e('b'), { instance_id: 'i-1', repo: 'o/r' }];
  assert.deepEqual(await kept(t, records, ['aiohttp-b', 'i-1']), [
    { ...r2e('b'), steadfast_verdict: verdict },
    { instance_id: 'i-1', repo: 'o/r', steadfast_verdict: verdict },
  ]);
});

test('a record that is gone is said by its id', async (t) => {
  await assert.rejects(
    kept(t, [r2e('a'), { repo_name: 'aiohttp', expected_output_json: '{}' }], ['aiohttp-b']),
    /data\.jsonl has changed while it was filtered: 1 of its records are gone, e\.g\. aiohttp-b/,
  );
});
