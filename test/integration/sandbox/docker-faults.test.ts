import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, afterEach, describe, mock, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { containerName, helperOptions } from '../../../src/adapters/sandbox/docker/container.ts';
import { createDockerSandbox } from '../../../src/adapters/sandbox/docker/sandbox.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { type DaemonProxy, daemonProxy } from './daemon-proxy.ts';
import { Box, DEADLINE, INSTANCE, adapter, makeHost, optionsFor, specOf } from './host.ts';

const UNAVAILABLE = { type: 'Sandbox.Unavailable' };

describe('docker: faults of its daemon', () => {
  const direct = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;
  let proxy: DaemonProxy;
  let through: Sandbox;
  let proxies = 0;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
  });
  beforeEach(async () => {
    proxy = await daemonProxy(join(host.tree, '..', `proxy-${proxies++}.sock`));
    through = createDockerSandbox(optionsFor(host.stateDir), proxy.docker);
  });
  afterEach(async () => {
    mock.timers.reset();
    await proxy.close();
  });
  after(async () => {
    await host.remove();
  });

  const spec = (name: string) => specOf(name, host.tree);

  test('one that hangs is given up after a minute', async () => {
    proxy.freeze();
    mock.timers.enable({ apis: ['setTimeout'] });
    const box = new Box(through, 'hangs');
    const calls = [through.open(spec('hangs')), through.list(), through.close('hangs'), box.run('true')];
    const refused = Promise.all(calls.map(async (call) => await assert.rejects(call, UNAVAILABLE)));
    mock.timers.tick(60_000);
    await refused;
  });

  test('one that hangs while a command runs is given up, and the command is adopted', async () => {
    const box = await Box.open(sandbox, host.tree);
    const command = { key: 'long', session: 'plain' as const };
    const script = 'echo x >>/tmp/log; sleep 2; cat /tmp/log';
    mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const running = assert.rejects(new Box(through, box.name).run(script, command), UNAVAILABLE);
    const started = Date.now();
    while (Date.now() - started < 1000) await new Promise(setImmediate);
    proxy.freeze();
    mock.timers.tick(15_000);
    mock.timers.tick(30_000);
    await running;
    mock.timers.reset();
    assert.equal((await box.run(script, command)).output, 'x\n');
    await box.close();
  });

  test('a connection that breaks while a command runs is no end of the command', async () => {
    const box = await Box.open(sandbox, host.tree);
    const command = { key: 'broken', session: 'plain' as const };
    const script = 'echo x >>/tmp/log; sleep 3; cat /tmp/log';
    const running = assert.rejects(new Box(through, box.name).run(script, command), UNAVAILABLE);
    await sleep(1500);
    proxy.reset();
    await running;
    assert.equal((await box.run(script, command)).output, 'x\n');
    await box.close();
  });

  test('a container whose creation was never confirmed is made again', async () => {
    const name = `lost/${crypto.randomUUID()}`;
    // The image first, which may have to be built.
    await through.environment(INSTANCE);
    proxy.loseReplyTo('POST /containers/create');
    await assert.rejects(through.open(spec(name)), UNAVAILABLE);
    assert.ok((await sandbox.list()).some((info) => info.name === name && info.deadline === DEADLINE));
    await through.open(spec(name));
    assert.equal((await new Box(sandbox, name).run('echo made')).output, 'made\n');
    await sandbox.close(name);
  });

  test('a name that another opener took meanwhile is adopted when open, else made again', async () => {
    for (const theirs of ['open', 'half'] as const) {
      const name = `taken/${crypto.randomUUID()}`;
      const racing = new Docker();
      const create = racing.createContainer.bind(racing);
      let raced = false;
      mock.method(racing, 'createContainer', async (options: Docker.ContainerCreateOptions) => {
        if (!raced) {
          raced = true;
          if (theirs === 'half') await direct.createContainer(options);
          else {
            await sandbox.open(spec(name));
            await new Box(sandbox, name).run('echo theirs >/tmp/theirs', { key: 'first' });
          }
        }
        return await create(options);
      });
      await createDockerSandbox(optionsFor(host.stateDir), racing).open(spec(name));
      const { output } = await new Box(sandbox, name).run('cat /tmp/theirs 2>/dev/null || echo anew');
      assert.equal(output, theirs === 'open' ? 'theirs\n' : 'anew\n');
      await sandbox.close(name);
    }
  });

  test('a container that is removed while it is filled fails its opening', { timeout: 60_000 }, async () => {
    const name = `removed/${crypto.randomUUID()}`;
    const racing = new Docker();
    const create = racing.createContainer.bind(racing);
    mock.method(racing, 'createContainer', async (options: Docker.ContainerCreateOptions) => {
      const container = await create(options);
      const exec = container.exec.bind(container);
      mock.method(container, 'exec', async (given: Docker.ExecCreateOptions) => {
        const made = await exec(given);
        setTimeout(() => void container.remove({ force: true }).catch(() => undefined), 20);
        return made;
      });
      return container;
    });
    const opening = createDockerSandbox(optionsFor(host.stateDir), racing).open(spec(name));
    await assert.rejects(opening, (error: { readonly type?: string }) =>
      ['Sandbox.Gone', 'Sandbox.Failed', 'Sandbox.Unavailable'].includes(error.type ?? ''),
    );
    // The daemon lists a container until its removal is complete.
    const listed = async () => (await sandbox.list()).some((info) => info.name === name);
    for (let tries = 0; tries < 50 && (await listed()); tries++) await sleep(100);
    assert.equal(await listed(), false);
  });

  test('a container that is removed under a command, or killed before it, is gone', async () => {
    const box = await Box.open(sandbox, host.tree);
    const running = assert.rejects(box.run('sleep 30'), { type: 'Sandbox.Gone' });
    await sleep(1000);
    await direct.getContainer(containerName(box.name)).remove({ force: true });
    await running;
    await assert.rejects(box.snapshot(), { type: 'Sandbox.Gone' });
    const other = await Box.open(sandbox, host.tree);
    await direct.getContainer(containerName(other.name)).kill();
    await assert.rejects(other.snapshot(), { type: 'Sandbox.Gone' });
    await assert.rejects(other.sandbox.restore(other.name, Buffer.alloc(1024)), { type: 'Sandbox.Gone' });
    await other.close();
  });

  test('a helper whose maker died is listed and closed', async () => {
    const name = `helped/${crypto.randomUUID()}`;
    await direct.createContainer(helperOptions(spec(name), await sandbox.environment(INSTANCE)));
    const listed = (await sandbox.list()).find((info) => info.name === `${name}/helper`);
    assert.equal(listed?.run, 'r');
    assert.equal(listed.deadline, DEADLINE);
    await sandbox.close(`${name}/helper`);
    assert.ok(!(await sandbox.list()).some((info) => info.name.startsWith(name)));
  });
});
