import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { containerName } from '../../../src/adapters/sandbox/docker/container.ts';
import { createDockerSandbox } from '../../../src/adapters/sandbox/docker/sandbox.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { adoption } from './adoption.ts';
import { attacks } from './attacks.ts';
import { commands } from './commands.ts';
import { diffs } from './diffs.ts';
import { buildImage } from './image.ts';
import { lifecycle } from './lifecycle.ts';
import { Box, DEADLINE, INSTANCE, LIMITS, adapter, makeHost, optionsFor, specOf } from './host.ts';
import { openings } from './openings.ts';
import { reports } from './reports.ts';
import { snapshots } from './snapshots.ts';

commands('docker');
reports('docker');
lifecycle('docker');
diffs('docker');
adoption('docker');
attacks('docker');
snapshots('docker');
openings('docker');

describe('docker: on its daemon', () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
  });
  after(async () => {
    await host.remove();
  });

  const spec = (name: string) => specOf(name, host.tree);

  test('closing leaves no container, though a command runs', async () => {
    const box = await Box.open(sandbox, host.tree);
    const running = assert.rejects(box.run('(setsid sleep 60 &); sleep 60'), { type: 'Sandbox.Gone' });
    await sleep(700);
    await box.close();
    await running;
    await assert.rejects(docker.getContainer(containerName(box.name)).inspect(), { statusCode: 404 });
  });

  test('a container that was ended is gone, and opening makes a new one', async () => {
    const box = await Box.open(sandbox, host.tree);
    await docker.getContainer(containerName(box.name)).kill();
    await assert.rejects(box.run('true'), { type: 'Sandbox.Gone' });
    await assert.rejects(box.diff(), { type: 'Sandbox.Gone' });
    await sandbox.open(spec(box.name));
    assert.equal(await box.output('echo anew'), 'anew\n');
    await box.close();
  });

  test('an opening that was cut off is made anew', async () => {
    const name = 'half/open';
    const options = {
      name: containerName(name),
      Image: await sandbox.environment(INSTANCE),
      Entrypoint: ['sleep', '600'],
    };
    const half = await docker.createContainer({ ...options, HostConfig: { NetworkMode: 'none' } });
    await half.start();
    await sandbox.open(spec(name));
    assert.equal((await new Box(sandbox, name).run('git log --oneline | wc -l')).output, '1\n');
    await sandbox.close(name);
  });

  test('a supervisor that was killed takes its command with it, and the sandbox', async () => {
    const box = await Box.open(sandbox, host.tree);
    const script = 'echo x >>log; sleep 60; cat log';
    const first = assert.rejects(box.run(script, { key: 'again' }), { type: 'Sandbox.Failed' });
    await sleep(1000);
    const container = docker.getContainer(containerName(box.name));
    const exec = await container.exec({
      Cmd: [
        'sh',
        '-c',
        'for p in /proc/[0-9]*; do if grep -qz supervise.py $p/cmdline; then kill -9 ${p#/proc/}; fi; done',
      ],
      AttachStdout: true,
    });
    const stream = await exec.start({});
    stream.resume();
    await once(stream, 'end');
    await first;
    await assert.rejects(box.run(script, { key: 'again' }), { type: 'Sandbox.Gone' });
    const { Processes: left } = (await container.top()) as { Processes: readonly string[][] };
    assert.doesNotMatch(JSON.stringify(left), /sleep 60/);
    await box.close();
  });

  test("an image's own repository is copied, without its history, and its own Python comes first", async () => {
    const image = 'steadfast-test-image:1';
    await buildImage(docker, image, [
      `FROM ${optionsFor('').baseImage}`,
      'RUN mkdir /testbed && cd /testbed && git init -q && git config user.email a@b && git config user.name a \\',
      ' && echo 1 >f && git add f && git commit -qm secret && echo 2 >f && echo f2 >.gitignore && git add -A && git commit -qm now \\',
      ' && mkdir -p /opt/miniconda3/envs/testbed/bin && ln -s /usr/bin/python3 /opt/miniconda3/envs/testbed/bin/python',
      'ENV FROM_IMAGE=yes',
    ]);
    const instance = { ...INSTANCE, source: { kind: 'image' as const, image } };
    const name = 'of/an/image';
    await sandbox.open({ name, run: 'r', instance, tree: null, limits: LIMITS, deadline: DEADLINE });
    const box = new Box(sandbox, name);
    const output = await box.output(
      'cat f; git log --format=%s; git log --all --oneline | wc -l; command -v python; echo $FROM_IMAGE; echo 3 >f',
    );
    assert.equal(output, '2\nInitial commit\n1\n/opt/miniconda3/envs/testbed/bin/python\nyes\n');
    assert.match(await box.diff(), /-2\n\+3/);
    assert.notEqual(await sandbox.environment(instance), await sandbox.environment(INSTANCE));
    await box.close();
  });

  test('an image that is not there is named, and what to do', async () => {
    const instance = { ...INSTANCE, source: { kind: 'image' as const, image: 'steadfast-none:1' } };
    const missing = { ...spec('none'), instance, tree: null };
    await assert.rejects(sandbox.open(missing), {
      type: 'Sandbox.ImageMissing',
      message: /docker pull steadfast-none:1/,
    });
    const baseless = createDockerSandbox({ ...optionsFor(host.stateDir), baseImage: 'localhost:1/none:1' });
    await assert.rejects(baseless.open(spec('none')), {
      type: 'Sandbox.ImageMissing',
      message: /localhost:1\/none:1.*--build-arg BASE=.*STEADFAST_SANDBOX_BASE/s,
    });
  });

  test('a daemon that does not answer is a failure of its own', async () => {
    const nowhere = createDockerSandbox(
      optionsFor(host.stateDir),
      new Docker({ socketPath: `${host.stateDir}/none.sock` }),
    );
    const unavailable = { type: 'Sandbox.Unavailable' };
    await assert.rejects(nowhere.open(spec('x')), unavailable);
    await assert.rejects(new Box(nowhere, 'x').run('true'), unavailable);
    await assert.rejects(nowhere.close('x'), unavailable);
    await assert.rejects(nowhere.list(), unavailable);
    await assert.rejects(nowhere.environment(INSTANCE), unavailable);
  });
});
