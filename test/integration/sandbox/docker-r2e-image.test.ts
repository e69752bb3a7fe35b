import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Docker from 'dockerode';
import { gradePatch } from '../../../src/activities/grading/grade-patch.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createDockerImages } from '../../../src/adapters/images/docker-images.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { realDatasets, replacing } from '../../support/grading-world.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { Box, INSTANCE, LIMITS, adapter, makeHost } from './host.ts';
import { buildImage } from './image.ts';

const IMAGE = 'steadfast-test-r2e:1';
const PYTHON = '/root/.local/share/uv/python/cpython-3.11/bin';

/** As R2E-Gym's Dockerfiles make it: uv's own Python below root's home, an environment of it in the repository, tests beside it. */
const SETUP = String.raw`#!/bin/bash
set -eu
packages=$(echo /opt/steadfast/env/lib/python3*/site-packages)
mkdir -p ${PYTHON} /root/.local/bin /testbed/.venv/bin /r2e_tests
cp "$(readlink -f /usr/bin/python3)" ${PYTHON}/python3
ln -s ${PYTHON}/python3 /testbed/.venv/bin/python
echo "home = ${PYTHON}" >/testbed/.venv/pyvenv.cfg
mkdir -p "/testbed/.venv/lib/$(basename "$(dirname "$packages")")"
cp -r "$packages" "/testbed/.venv/lib/$(basename "$(dirname "$packages")")/site-packages"
echo '*' >/testbed/.venv/.gitignore
chmod 700 /root
cd /testbed
git init -q && git config user.email a@b && git config user.name a
printf 'ONE = 2\n' >calc.py
git add . && git commit -qm one
echo 'def test_one(): assert False, "of the image"' | tee /r2e_tests/test_1.py >/dev/null
# Some of its images hold them there too.
cp -r /r2e_tests /testbed/r2e_tests
`;

const TEST_PATCH = [
  'diff --git a/r2e_tests/test_1.py b/r2e_tests/test_1.py',
  'new file mode 100644',
  '--- /dev/null',
  '+++ b/r2e_tests/test_1.py',
  '@@ -0,0 +1,7 @@',
  '+import calc',
  '+',
  '+def test_one():',
  '+    assert calc.ONE == 1',
  '+',
  '+def test_there():',
  '+    assert calc.ONE\n',
].join('\n');

const INSTANCE_OF_R2E: Instance = {
  ...INSTANCE,
  instanceId: 'aiohttp__0123456',
  format: 'swe-bench',
  source: { kind: 'image', image: IMAGE },
  goldPatch: replacing('calc.py', 'ONE = 2\n', 'ONE = 1\n'),
  testPatch: TEST_PATCH,
  failToPass: ['r2e_tests/test_1.py::test_one'],
  passToPass: ['r2e_tests/test_1.py::test_there'],
};

describe("docker: an image as R2E-Gym's are", () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
    const dockerfile = [
      `FROM ${await sandbox.environment(INSTANCE)}`,
      'COPY setup.sh /setup.sh',
      'RUN bash /setup.sh && rm /setup.sh',
      'ENV VIRTUAL_ENV=/testbed/.venv PATH=/testbed/.venv/bin:/root/.local/bin:/usr/bin:/bin',
      'WORKDIR /testbed',
    ];
    await buildImage(docker, IMAGE, dockerfile, { 'setup.sh': SETUP });
  });
  after(async () => {
    // With what was laid over it.
    await createDockerImages({ records: host.stateDir, dockerConfig: host.stateDir }).remove(IMAGE);
    await host.remove();
  });

  async function open(name: string, instance: Instance): Promise<Box> {
    return await Box.inImage(sandbox, name, instance);
  }

  test("its Python below root's home works for the agent, who sees nothing else there", async () => {
    const box = await open('r2e/python', INSTANCE_OF_R2E);
    const commands = [
      'command -v python && readlink -f "$(command -v python)"',
      'python -m pytest --version >/dev/null && echo tests run',
      'git status --short',
    ];
    const expected = ['/testbed/.venv/bin/python', `${PYTHON}/python3`, 'tests run', ''];
    assert.equal(await box.output(commands.join('; ')), expected.join('\n'));
    assert.notEqual((await box.run('ls /root')).exitCode, 0);
    assert.notEqual((await box.run('touch /root/.local/bin/python')).exitCode, 0);
    await box.close();
  });

  test('the tests that it holds are hidden, and those of any other image are not', async () => {
    const box = await open('r2e/hidden', INSTANCE_OF_R2E);
    assert.equal(await box.output('ls -A /r2e_tests; test -e r2e_tests || echo none'), 'none\n');
    assert.notEqual((await box.run('umount /r2e_tests || touch /r2e_tests/test_1.py')).exitCode, 0);
    await box.close();
    const other = await open('r2e/not', { ...INSTANCE_OF_R2E, testPatch: null });
    assert.equal(
      await other.output('ls /r2e_tests r2e_tests/test_1.py'),
      'r2e_tests/test_1.py\n\n/r2e_tests:\ntest_1.py\n',
    );
    await other.close();
  });

  test('the fix resolves it, by the tests of the record', async (t) => {
    const artifacts = createFolderArtifacts(join(host.stateDir, 'store'));
    const instanceRef = await artifacts.putJson(INSTANCE_OF_R2E);
    const grade = async (name: string, patch: string) =>
      await gradePatch({
        sandbox,
        datasets: realDatasets(),
        artifacts,
        official: NO_OFFICIAL,
        limits: LIMITS,
        run: 'r',
        name,
        signal: t.signal,
        instance: INSTANCE_OF_R2E,
        instanceRef,
        patch,
        rewardPower: 1.33,
        verifyShare: 0,
      });
    assert.deepEqual((await grade('r2e/gold', INSTANCE_OF_R2E.goldPatch ?? '')).reward, 1);
    assert.deepEqual((await grade('r2e/other', replacing('calc.py', 'ONE = 2\n', 'ONE = 3\n'))).reward, 0.2);
  });
});
