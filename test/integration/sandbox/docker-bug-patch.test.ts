import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Docker from 'dockerode';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { judge } from '../../../src/activities/grading/judge.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { containerName } from '../../../src/adapters/sandbox/docker/container.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { realDatasets, reversed } from '../../support/grading-world.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { Box, DEADLINE, INSTANCE, LIMITS, adapter, makeHost } from './host.ts';
import { buildImage } from './image.ts';

const IMAGE = 'steadfast-test-smith:1';
const CALC = 'ONE = 1\n\n\ndef add(a, b):\n    return a + b\n\n\ndef double(a):\n    return 2 * a\n';
const TESTS = [
  'import calc',
  'def test_add():\n    assert calc.add(2, 3) == 5',
  'def test_double():\n    assert calc.double(2) == 4\n',
].join('\n\n\n');
const BUG = [
  'diff --git a/calc.py b/calc.py',
  '--- a/calc.py',
  '+++ b/calc.py',
  '@@ -2,7 +2,7 @@',
  ' ',
  ' ',
  ' def add(a, b):',
  '-    return a + b',
  '+    return a - b',
  ' ',
  ' ',
  ' def double(a):\n',
].join('\n');

/** A record as SWE-smith has them: the image holds the sound repository, the patch makes the bug. */
const SMITH: Instance = {
  ...INSTANCE,
  instanceId: 'toy__calc.00000000.func__1',
  format: 'swe-smith',
  failToPass: ['test_calc.py::test_add'],
  passToPass: ['test_calc.py::test_double'],
  source: { kind: 'image', image: IMAGE },
  bugPatch: BUG,
};

describe("docker: an image's bug patch", () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
    // Ours has pytest; where the benchmarks' images keep theirs it is found as in them.
    const ours = await sandbox.environment(INSTANCE);
    const dockerfile = [
      `FROM ${ours}`,
      'COPY calc.py test_calc.py /src/',
      'RUN mkdir /testbed && cd /testbed && git init -q && git config user.email a@b && git config user.name a \\',
      ' && cp /src/calc.py . && git add . && git commit -qm one && cp /src/test_calc.py . && git add . && git commit -qm two \\',
      ' && mkdir -p /opt/miniconda3/envs && ln -s /opt/steadfast/env /opt/miniconda3/envs/testbed',
    ];
    await buildImage(docker, IMAGE, dockerfile, { 'calc.py': CALC, 'test_calc.py': TESTS });
  });
  after(async () => {
    await host.remove();
  });

  async function open(name: string, instance: Instance): Promise<Box> {
    return await Box.inImage(sandbox, name, instance);
  }

  test('the sandbox starts with the bug, in its one commit', async () => {
    const box = await open('smith/start', SMITH);
    assert.equal(await box.output('sed -n 5p calc.py; git status --short'), '    return a - b\n');
    assert.equal(
      await box.output('git log --all --format=%s; git show HEAD:calc.py | grep -c "a - b"'),
      'Initial commit\n1\n',
    );
    assert.equal(await box.diff(), '');
    await box.close();
    const sound = await open('smith/sound', { ...SMITH, bugPatch: null });
    assert.equal(await sound.output('sed -n 5p calc.py'), '    return a + b\n');
    await sound.close();
  });

  test("a patch on looser context than git's is applied by `patch`, and leaves nothing beside", async () => {
    const loose = BUG.replace('@@\n \n', '@@\n unlike\n');
    const box = await open('smith/loose', { ...SMITH, bugPatch: loose });
    assert.equal(await box.output('sed -n 5p calc.py; ls'), '    return a - b\ncalc.py\ntest_calc.py\n');
    assert.equal(await box.diff(), '');
    await box.close();
  });

  test('a patch that does not apply names its instance, and leaves no container', async () => {
    const wrong = BUG.replace('return a + b', 'return a * b');
    // In reverse it would apply, and mean the opposite.
    for (const [i, bugPatch] of [wrong, reversed(BUG), 'nothing\n'].entries()) {
      const name = `smith/wrong-${i}`;
      await assert.rejects(open(name, { ...SMITH, bugPatch }), {
        type: 'Instance.PatchDoesNotApply',
        message: /^The patch of toy__calc\.00000000\.func__1 does not apply: git: error: .*\npatch: /s,
      });
      await assert.rejects(docker.getContainer(containerName(name)).inspect(), { statusCode: 404 });
    }
  });

  test('it is graded and judged: nothing done fails, the bug undone passes', async (t) => {
    const artifacts = createFolderArtifacts(join(host.stateDir, 'store'));
    const request = {
      sandbox,
      datasets: realDatasets(),
      official: NO_OFFICIAL,
      artifacts,
      limits: LIMITS,
      deadline: DEADLINE,
      run: 'r',
      signal: t.signal,
      instance: SMITH,
      instanceRef: await artifacts.putJson(SMITH),
      rewardPower: 1.33,
      verifyShare: 0,
    };
    const untouched = await gradePatch({ ...request, name: 'smith/nothing', patch: '' });
    assert.deepEqual(
      untouched.outcomes,
      { 'test_calc.py::test_add': 'failed', 'test_calc.py::test_double': 'passed' },
      untouched.log,
    );
    assert.equal(untouched.resolved, false);
    const box = await open('smith/fixed', SMITH);
    await box.output('sed -i "s/a - b/a + b/" calc.py');
    const fixed = await gradePatch({ ...request, name: 'smith/fixed/grade', patch: await box.diff() });
    await box.close();
    assert.equal(fixed.metrics.patchRejected, 0, fixed.log);
    assert.equal(fixed.reward, 1, fixed.log);
    const gold = await gradePatch({ ...request, name: 'smith/gold', patch: reversed(BUG) });
    assert.equal(gold.resolved, true, gold.log);
    const judgement = await judge({ ...request, name: 'smith/judge', flakeChance: 0.5 });
    assert.equal(judgement.verdict, 'accept', judgement.detail);
  });
});
