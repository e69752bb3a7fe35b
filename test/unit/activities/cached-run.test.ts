import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { cachedRun, forgetRun, type RunKey } from '../../../src/activities/grading/cached-run.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { instance } from '../../support/instance.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const KEY: RunKey = { digest: 'd', environment: 'e', stage: 'bugged', patch: '' };
const REPORT = ['{"word":"w","start":2}', '{"word":"w","end":0,"tests":0}', ''].join('\n');

/** A store, and whether a run by a key is one that it had kept. */
function world(t: TestContext) {
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const bench = {
    artifacts,
    sandbox: fakeSandbox(({ reportBytes }) => (reportBytes === undefined ? {} : { report: REPORT })),
    official: NO_OFFICIAL,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareTree: async () => '/tree',
      prepareRequirements: async () => null,
    },
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    run: 'r',
    name: 'n',
    signal: t.signal,
  };
  const isKept = async (change: Partial<RunKey> = {}, fresh = false): Promise<boolean> =>
    (await cachedRun({ ...bench, fresh }, instance(), { ...KEY, ...change })).cached;
  return { artifacts, isKept };
}

test('a run is kept for its instance, environment, stage, patch and way alone, until it is forgotten', async (t) => {
  const { artifacts, isKept } = world(t);
  const others: readonly Partial<RunKey>[] = [
    {},
    { digest: 'other' },
    { environment: 'other' },
    { stage: 'pristine' },
    { patch: 'diff' },
    { control: true },
  ];
  for (const change of others) assert.equal(await isKept(change), false, JSON.stringify(change));
  for (const change of others) assert.equal(await isKept(change), true, JSON.stringify(change));
  await forgetRun(artifacts, KEY);
  assert.equal(await isKept(), false);
  assert.equal(await isKept({ patch: 'diff' }), true);
});

test('a fresh run neither takes what is kept nor leaves anything', async (t) => {
  const { isKept } = world(t);
  assert.equal(await isKept({}, true), false);
  assert.equal(await isKept(), false);
  assert.equal(await isKept({}, true), false);
  assert.equal(await isKept(), true);
});
