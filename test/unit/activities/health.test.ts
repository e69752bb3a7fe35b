import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import {
  healthOf,
  isQuarantined,
  largerClass,
  limitsFor,
  noteClass,
  noteDisagreement,
  noteFlake,
  readmit,
  withoutQuarantined,
} from '../../../src/activities/grading/health.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const store = (t: TestContext) => createFolderArtifacts(join(temporaryHome(t), 'store'));

describe('the health of instances', () => {
  it('is good of one that nobody has noted anything of', async (t) => {
    assert.deepEqual(await healthOf(store(t), 'i', 'e'), {
      flakes: {},
      quarantined: false,
      readmissions: 0,
      resourceClass: 'standard',
      observed: [],
    });
  });

  it('quarantines by a flake in any environment, and counts by who saw it', async (t) => {
    const artifacts = store(t);
    await noteFlake(artifacts, 'i', 'docker', 'grading');
    await noteFlake(artifacts, 'i', 'docker', 'grading');
    await noteFlake(artifacts, 'i', 'bubblewrap', 'verify');
    const { flakes, quarantined } = await healthOf(artifacts, 'i', 'another');
    assert.deepEqual({ flakes, quarantined }, { flakes: { grading: 2, verify: 1 }, quarantined: true });
    const refs = ['h', 'i', 'j'].map((ref) => ({ instanceId: ref, ref }));
    const left = await withoutQuarantined(artifacts, refs);
    assert.deepEqual(
      left.map(({ ref }) => ref),
      ['h', 'j'],
    );
  });

  it('quarantines by gradings that disagree, unless the patch draws chance itself', async (t) => {
    const artifacts = store(t);
    const note = async (instanceRef: string, line: string) => {
      const patch = `diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+${line}\n`;
      await noteDisagreement(artifacts, { instanceRef, environment: 'e', where: 'grading', patch });
    };
    await note('i', 'if random.random() < 0.5: raise ValueError');
    await note('j', 'return 1');
    assert.deepEqual(
      [await isQuarantined(artifacts, 'i'), await isQuarantined(artifacts, 'j')],
      [false, true],
    );
  });

  it('loses no quarantine to observations at the same moment', async (t) => {
    const artifacts = store(t);
    await Promise.all(
      (['filter', 'grading', 'verify'] as const).flatMap((where) =>
        Array.from({ length: 5 }, () => noteFlake(artifacts, 'i', 'e', where)),
      ),
    );
    assert.equal(await isQuarantined(artifacts, 'i'), true);
    assert.equal((await healthOf(artifacts, 'i', 'e')).observed.length, 3);
  });

  it('admits again what the re-judging has answered, and not what was seen meanwhile', async (t) => {
    const artifacts = store(t);
    await noteFlake(artifacts, 'i', 'e', 'grading');
    const judged = await healthOf(artifacts, 'i', 'e');
    await readmit(artifacts, 'i', judged);
    const after = await healthOf(artifacts, 'i', 'e');
    assert.deepEqual([after.quarantined, after.readmissions], [false, 1]);
    await noteFlake(artifacts, 'i', 'e', 'grading');
    assert.equal(await isQuarantined(artifacts, 'i'), true);
    // An answer to the first flake alone.
    await readmit(artifacts, 'i', judged);
    assert.equal(await isQuarantined(artifacts, 'i'), true);
  });

  it('remembers the largest resource class of an environment, and multiplies memory by it', async (t) => {
    const artifacts = store(t);
    const limits = { memoryBytes: 100, pids: 1, cpus: 1, diskBytes: 7 };
    await noteClass(artifacts, 'i', 'e', 'huge');
    await noteClass(artifacts, 'i', 'e', 'large');
    await noteClass(artifacts, 'i', 'e', 'standard');
    const health = await healthOf(artifacts, 'i', 'e');
    assert.equal(health.resourceClass, 'huge');
    assert.deepEqual(limitsFor(limits, health), { ...limits, memoryBytes: 400 });
    assert.equal((await healthOf(artifacts, 'i', 'other')).resourceClass, 'standard');
    assert.deepEqual(
      [largerClass('standard'), largerClass('large'), largerClass('huge')],
      ['large', 'huge', null],
    );
  });
});
