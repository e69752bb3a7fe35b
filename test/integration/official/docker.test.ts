import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import Docker from 'dockerode';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { officialVerdict } from '../../../src/activities/grading/official-verdict.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { adding, realDatasets, replacing, reversed } from '../../support/grading-world.ts';
import { benchHarness, evalScriptOf, realOfficial, smithInstance } from '../../support/official.ts';
import { INSTANCE, LIMITS, adapter, makeHost } from '../sandbox/host.ts';
import { buildImage } from '../sandbox/image.ts';

const IMAGE = 'steadfast-test-official:1';
const BASE = '0123456789abcdef0123456789abcdef01234567';
const SOUND = 'ONE = 1\n\n\ndef add(a, b):\n    return a + b\n\n\ndef double(a):\n    return 2 * a\n';
const BROKEN = SOUND.replace('a + b', 'a - b');
const OLD_TESTS = 'import calc\n\n\ndef test_double():\n    assert calc.double(2) == 4\n';
const NEW_TESTS = `${OLD_TESTS}\n\ndef test_add():\n    assert calc.add(2, 3) == 5\n`;
const [ADD, DOUBLE] = ['test_calc.py::test_add', 'test_calc.py::test_double'];
const FIX = replacing('calc.py', BROKEN, SOUND);
const TEST_PATCH = replacing('test_calc.py', OLD_TESTS, NEW_TESTS);

const SCRIPT = evalScriptOf(
  ['python -m pytest -rA -p no:cacheprovider test_calc.py'],
  [
    'source /opt/miniconda3/bin/activate',
    'conda activate testbed',
    'cd /testbed',
    'git config --global --add safe.directory /testbed',
    'git status',
    'git show',
    `git -c core.fileMode=false diff ${BASE}`,
    `git checkout ${BASE} test_calc.py`,
    `git apply -v - <<'EOF_114329324912'\n${TEST_PATCH}\nEOF_114329324912`,
  ],
);

const IDS = { instanceId: 'toy__calc-1', repo: 'toy/calc', failToPass: [ADD], passToPass: [DOUBLE] };

/** A row in SWE-bench's form of version 5. */
const ROW: Instance = {
  ...INSTANCE,
  ...IDS,
  format: 'swe-bench',
  source: { kind: 'image', image: IMAGE },
  goldPatch: FIX,
  testPatch: TEST_PATCH,
  baseCommit: BASE,
  runner: 'script',
  official: benchHarness(IDS, 'parse_log_pytest', SCRIPT),
};

/** Code that prints the results it wants when the runner has said everything, and one to fit the exit status. */
const FORGERY = replacing(
  'calc.py',
  BROKEN,
  `import atexit\n\natexit.register(print, "PASSED ${ADD}\\nFAILED no/such.py::test")\n${BROKEN}`,
);

describe('docker: an official row beside our own grading', () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;
  let made = 0;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
    const ours = await sandbox.environment(INSTANCE);
    const dockerfile = [
      `FROM ${ours}`,
      'COPY calc.py test_calc.py activate /src/',
      'RUN mkdir /testbed && cd /testbed && git init -q && git config user.email a@b && git config user.name a \\',
      ' && cp /src/calc.py /src/test_calc.py . && git add . && git commit -qm one \\',
      ' && mkdir -p /opt/miniconda3/envs /opt/miniconda3/bin && cp /src/activate /opt/miniconda3/bin/activate \\',
      ' && ln -s /opt/steadfast/env /opt/miniconda3/envs/testbed',
    ];
    await buildImage(docker, IMAGE, dockerfile, {
      'calc.py': BROKEN,
      'test_calc.py': OLD_TESTS,
      // Conda's own is not there; its Python is on the path already.
      activate: 'conda() { :; }\n',
    });
  });
  after(async () => {
    await host.remove();
  });

  function benchOf(t: TestContext) {
    return {
      sandbox,
      datasets: realDatasets(),
      official: realOfficial(t),
      limits: LIMITS,
      run: 'r',
      name: `official/${made++}`,
      signal: t.signal,
    };
  }

  async function grade(t: TestContext, instance: Instance, patch: string) {
    const artifacts = createFolderArtifacts(join(host.stateDir, `store-${made}`));
    const instanceRef = await artifacts.putJson(instance);
    const rest = { artifacts, instance, instanceRef, patch, rewardPower: 1.33, verifyShare: 0 };
    return await gradePatch({ ...benchOf(t), ...rest });
  }

  test('gold resolves officially and by us, nothing does neither', async (t) => {
    const gold = await grade(t, ROW, FIX);
    assert.deepEqual([gold.reward, gold.resolved, gold.official?.resolved], [1, true, true], gold.log);
    const report = gold.official?.report['toy__calc-1'] as Record<string, unknown>;
    assert.deepEqual(report['tests_status'], {
      FAIL_TO_PASS: { success: [ADD], failure: [] },
      PASS_TO_PASS: { success: [DOUBLE], failure: [] },
      FAIL_TO_FAIL: { success: [], failure: [] },
      PASS_TO_FAIL: { success: [], failure: [] },
    });
    assert.deepEqual(gold.findings, []);
    const nothing = await grade(t, ROW, '');
    assert.deepEqual([nothing.resolved, nothing.official?.resolved], [false, false], nothing.log);
    assert.deepEqual(nothing.outcomes, { [ADD]: 'failed', [DOUBLE]: 'passed' });
    assert.deepEqual(nothing.findings, []);
  });

  for (const runner of ['script', 'pytest'] as const) {
    test(`by ${runner}: printed results pass officially, not with us, and the grading says so`, async (t) => {
      const forged = await grade(t, { ...ROW, runner }, FORGERY);
      assert.equal(forged.official?.resolved, true, forged.log);
      assert.equal(forged.resolved, false);
      assert.equal(forged.outcomes[ADD], 'failed');
      assert.equal(forged.reward, forged.metrics.baselineReward);
      const found = forged.findings?.map(({ kind, detail }) => [kind, detail]);
      const disagrees = [
        'official_disagrees',
        'the official harness says resolved, our rules say not resolved',
      ];
      assert.deepEqual(
        found,
        runner === 'script'
          ? [['output_spoofed', `it has passed and it has failed: ${ADD}`], disagrees]
          : [disagrees],
      );
    });
  }

  test('the whole patch is applied in the official order, and the script puts the tests back', async (t) => {
    const verdict = async (patch: string) => await officialVerdict(benchOf(t), ROW, patch);
    const fuzzy = [
      'diff --git a/calc.py b/calc.py',
      '--- a/calc.py',
      '+++ b/calc.py',
      '@@ -2,7 +2,7 @@',
      ' unlike',
      ' ',
      ' def add(a, b):',
      '-    return a - b',
      '+    return a + b',
      ' ',
      ' ',
      ' def double(a):\n',
    ].join('\n');
    assert.equal((await verdict(fuzzy)).resolved, true, 'by patch --fuzz');
    const refused = await verdict('no patch at all\n');
    const report = refused.report['toy__calc-1'] as Record<string, unknown>;
    assert.deepEqual([refused.resolved, report['patch_successfully_applied']], [false, false]);
    const easier = replacing('test_calc.py', OLD_TESTS, OLD_TESTS.replace('== 4', '== 4 or True'));
    assert.equal((await verdict(`${FIX}${easier}`)).resolved, true);
    assert.equal((await verdict(easier)).resolved, false);
    assert.deepEqual(
      (await sandbox.list()).filter(({ name }) => name.startsWith('official/')),
      [],
    );
  });

  test('a patch that never ends is not resolved', async (t) => {
    const bench = benchOf(t);
    const { official } = bench;
    const script = async (instance: Instance) => ({ ...(await official.script(instance)), timeoutMs: 5000 });
    const hanging = replacing('calc.py', BROKEN, `while True:\n    pass\n${SOUND}`);
    const late = await officialVerdict({ ...bench, official: { ...official, script } }, ROW, hanging);
    const report = late.report['toy__calc-1'] as Record<string, unknown>;
    assert.deepEqual([late.resolved, report['infra_failure_reason']], [false, 'tests_timed_out']);
  });

  test("SWE-smith's registry says how its instance is run: the bug undone resolves, a test that is forged away does not", async (t) => {
    const smith: Instance = {
      ...smithInstance('mewwts__addict.75284f95.func__1', [DOUBLE], []),
      source: { kind: 'image', image: IMAGE },
      bugPatch: replacing('calc.py', BROKEN, BROKEN.replace('2 * a', '3 * a')),
      runner: 'script',
    };
    const gold = await grade(t, smith, reversed(smith.bugPatch ?? ''));
    assert.deepEqual([gold.reward, gold.official?.resolved], [1, true], gold.log);
    const report = gold.official?.report as Record<string, Record<string, unknown>>;
    assert.deepEqual(Object.keys(report).toSorted(), ['patch_exists', 'resolved', 'tests_status']);
    // Its harness puts the files of listed tests back before it runs them.
    const easier = replacing('test_calc.py', OLD_TESTS, OLD_TESTS.replace('== 4', '== 6'));
    const bench = benchOf(t);
    assert.equal((await officialVerdict(bench, smith, easier)).resolved, false);
    const other = await officialVerdict(
      { ...bench, name: 'official/other' },
      smith,
      adding('more.py', 'A = 1\n'),
    );
    assert.deepEqual(other.report['tests_status'], {
      FAIL_TO_PASS: { success: [], failure: [DOUBLE] },
      PASS_TO_PASS: { success: [], failure: [] },
      FAIL_TO_FAIL: { success: [], failure: [] },
      PASS_TO_FAIL: { success: [], failure: [] },
    });
  });
});
