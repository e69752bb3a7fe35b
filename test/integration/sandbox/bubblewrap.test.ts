import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createBubblewrapSandbox } from '../../../src/adapters/sandbox/bubblewrap/sandbox.ts';
import { hashOf } from '../../../src/adapters/sandbox/supervised.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { adoption } from './adoption.ts';
import { attacks } from './attacks.ts';
import { commands } from './commands.ts';
import { diffs } from './diffs.ts';
import { lifecycle } from './lifecycle.ts';
import { Box, DEADLINE, INSTANCE, LIMITS, adapter, makeHost, optionsFor } from './host.ts';
import { openings } from './openings.ts';
import { reports } from './reports.ts';
import { snapshots } from './snapshots.ts';

commands('bubblewrap');
reports('bubblewrap');
lifecycle('bubblewrap');
diffs('bubblewrap');
adoption('bubblewrap');
attacks('bubblewrap');
snapshots('bubblewrap');
openings('bubblewrap');

describe('bubblewrap: on its host', () => {
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;

  before(async () => {
    host = await makeHost();
    sandbox = adapter('bubblewrap', host.stateDir);
  });
  after(async () => {
    await host.remove();
  });

  /** Everything of a sandbox that is to be found on this host. */
  async function traces(box: Box, uid: number): Promise<readonly string[]> {
    const folder = join(host.stateDir, 'sandboxes', hashOf(box.name));
    const id = hashOf(folder);
    const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid));
    const owned = await Promise.all(
      processes.map(async (pid) => {
        const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        if (/^State:\tZ/m.test(status)) return [];
        return status.includes(`\nUid:\t${uid}\t`) || command.includes(folder) ? [`process ${pid}`] : [];
      }),
    );
    const mounts = (await readFile('/proc/self/mounts', 'utf8'))
      .split('\n')
      .filter((line) => line.includes(folder));
    const paths = [
      ...['pids', 'memory', 'cpu', '.'].map((one) => `/sys/fs/cgroup/${one}/steadfast/${id}`),
      folder,
      `/run/steadfast-uids/${uid}`,
    ];
    return [...owned.flat(), ...mounts, ...paths.filter((path) => existsSync(path))];
  }

  async function uidOf(box: Box): Promise<number> {
    return Number(await readFile(join(host.stateDir, 'sandboxes', hashOf(box.name), 'uid'), 'utf8'));
  }

  test('closing leaves nothing, whatever the agent made and though a command runs', async () => {
    const box = await Box.open(sandbox, host.tree);
    const uid = await uidOf(box);
    await box.output(
      "mkdir -p d/e; touch d/e/f $'a\\nb' -- -rf; mkfifo p; ln -s / root; chmod 000 d/e d; chmod 4777 $'a\\nb'",
    );
    const running = assert.rejects(box.run('(setsid sleep 60 &); sleep 60'), { type: 'Sandbox.Gone' });
    await sleep(500);
    assert.ok((await traces(box, uid)).length >= 6);
    await box.close();
    assert.deepEqual(await traces(box, uid), []);
    await running;
    assert.equal((await sandbox.list()).length, 0);
  });

  test('sandboxes have uids of their own, and closing one frees no claim of another', async () => {
    const boxes = await Promise.all([1, 2, 3, 4].map(async () => await Box.open(sandbox, host.tree)));
    const uids = await Promise.all(boxes.map(uidOf));
    assert.equal(new Set(uids).size, 4);
    assert.ok(uids.every((uid) => uid >= 200_000));
    // As after a restart of the host, which forgets the claims: another folder has this uid by now.
    const claim = `/run/steadfast-uids/${uids[0]}`;
    await writeFile(claim, host.tree);
    await Promise.all(boxes.map(async (box) => await box.close()));
    assert.equal(await readFile(claim, 'utf8').catch(() => null), host.tree);
    await unlink(claim);
  });

  test('a supervisor that was killed takes its command with it, and the sandbox', async () => {
    const box = await Box.open(sandbox, host.tree);
    const uid = await uidOf(box);
    const folder = join(host.stateDir, 'sandboxes', hashOf(box.name));
    const script = 'echo x >>log; sleep 60; cat log';
    const first = assert.rejects(box.run(script, { key: 'again' }), { type: 'Sandbox.Failed' });
    await sleep(700);
    process.kill(Number.parseInt(await readFile(join(folder, 'claim'), 'utf8')), 'SIGKILL');
    await first;
    await assert.rejects(box.run(script, { key: 'again' }), { type: 'Sandbox.Gone' });
    assert.deepEqual(
      (await traces(box, uid)).filter((trace) => trace.startsWith('process')),
      [],
    );
    await box.close();
  });

  test('an opening that was cut off is made anew', async () => {
    const box = await Box.open(sandbox, host.tree);
    const first = await uidOf(box);
    await unlink(join(host.stateDir, 'sandboxes', hashOf(box.name), 'ready'));
    await assert.rejects(box.run('true'), { type: 'Sandbox.Gone' });
    await sandbox.open({
      name: box.name,
      run: 'r',
      instance: INSTANCE,
      tree: host.tree,
      limits: LIMITS,
      deadline: DEADLINE,
    });
    assert.equal(await box.output('echo anew'), 'anew\n');
    await box.close();
    assert.deepEqual(await traces(box, first), []);
  });

  test('an opening whose maker was killed is listed, and closing it leaves nothing', async () => {
    const box = await Box.open(sandbox, host.tree);
    const uid = await uidOf(box);
    const folder = join(host.stateDir, 'sandboxes', hashOf(box.name));
    const whole = await sandbox.list();
    await unlink(join(folder, 'ready'));
    assert.deepEqual(await sandbox.list(), whole);
    assert.deepEqual(
      whole.map(({ name, run, deadline }) => ({ name, run, deadline })),
      [{ name: box.name, run: 'run-1', deadline: DEADLINE }],
    );
    await box.close();
    assert.deepEqual(await sandbox.list(), []);
    assert.deepEqual(await traces(box, uid), []);
    // Killed at once: nothing but the note of what it is.
    const begun = join(host.stateDir, 'sandboxes', hashOf('begun'));
    await mkdir(begun);
    await writeFile(
      join(begun, 'begun'),
      JSON.stringify({ name: 'begun', run: 'r', createdAt: DEADLINE, deadline: DEADLINE }),
    );
    assert.deepEqual(
      (await sandbox.list()).map(({ name }) => name),
      ['begun'],
    );
    await sandbox.close('begun');
    assert.equal(existsSync(begun), false);
  });

  test('a tree too large for its disk is an error that says so, and leaves nothing', async () => {
    const tree = `${host.tree}-large`;
    await mkdir(tree);
    await writeFile(
      join(tree, 'large'),
      crypto.getRandomValues(Buffer.alloc(65536)).toString('hex').repeat(100),
    );
    const limits = { ...LIMITS, diskBytes: 4 << 20 };
    const spec = { name: 'large', run: 'r', instance: INSTANCE, tree, limits, deadline: DEADLINE };
    await assert.rejects(sandbox.open(spec), { type: 'Sandbox.Failed', message: /larger than the disk/ });
    assert.equal(existsSync(join(host.stateDir, 'sandboxes', hashOf('large'))), false);
  });

  test('an instance in a container image is refused with the reason', async () => {
    const instance = { ...INSTANCE, source: { kind: 'image' as const, image: 'x' } };
    const spec = { name: 'image', run: 'r', instance, tree: null, limits: LIMITS, deadline: DEADLINE };
    await assert.rejects(sandbox.open(spec), { type: 'Sandbox.ImageMissing', message: /needs Docker/ });
  });

  test('without root it works too, under the uid of the user', async () => {
    const folder = dirname(host.stateDir);
    const open = join(folder, 'unprivileged');
    const source = fileURLToPath(new URL('../../../src', import.meta.url));
    for (const room of ['domain', 'ports', 'adapters/sandbox']) {
      await cp(join(source, room), join(open, 'src', room), { recursive: true });
    }
    await writeFile(join(open, 'package.json'), '{"type":"module"}');
    await cp(optionsFor('').pythonEnv, join(open, 'env'), { recursive: true, verbatimSymlinks: true });
    await cp(fileURLToPath(new URL('unprivileged.ts', import.meta.url)), join(open, 'unprivileged.ts'));
    await promisify(execFile)('chown', ['-R', '65533:65533', open]);
    for (const path of [folder, host.tree]) await chmod(path, 0o755);
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(open, 'unprivileged.ts'),
      open,
      host.tree,
      JSON.stringify(INSTANCE),
    ]);
    const {
      commands: ran,
      same,
      restored,
      patch,
      left,
    } = JSON.parse(stdout) as {
      readonly commands: readonly string[];
      readonly same: boolean;
      readonly restored: string;
      readonly patch: string;
      readonly left: readonly string[];
    };
    assert.deepEqual(ran, ['1000 /testbed\n', 'true', '1\n', '0\n']);
    assert.equal(same, true);
    assert.equal(restored, 'new\n0\nin\n');
    assert.match(patch, /\+new/);
    assert.deepEqual(left, []);
  });

  test('many at once', async () => {
    const other = createBubblewrapSandbox(optionsFor(host.stateDir));
    const outputs = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const box = await Box.open(other, host.tree);
        const output = await box.output(`echo ${index} >n; cat n`);
        await box.close();
        return Number(output);
      }),
    );
    assert.deepEqual(
      outputs,
      Array.from({ length: 16 }, (_, index) => index),
    );
  });
});
