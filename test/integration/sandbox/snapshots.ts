import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';
import { hostileArchive } from './hostile-archive.ts';
import { WILD, listingOf, sessionOf } from './wild-tree.ts';

/** How the state of a sandbox is named, kept and put back, the same in both adapters. */
export function snapshots(kind: Sandbox['kind']): void {
  describe(`${kind}: snapshots`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let box: Box;
    let other: Box;

    before(async () => {
      host = await makeHost();
    });
    beforeEach(async () => {
      const sandbox = adapter(kind, host.stateDir);
      box = await Box.open(sandbox, host.tree);
      other = await Box.open(sandbox, host.tree);
    });
    afterEach(async () => {
      await box.close();
      await other.close();
    });
    after(async () => {
      await host.remove();
    });

    const stateAfter = async (script: string) => (await box.run(script)).fingerprint;

    test('what only reads leaves the state of the opening', async () => {
      for (const script of [
        'ls',
        'cat src/toy/*.py; false',
        'sleep 60 & true',
        'exit 3',
        'find / 2>/dev/null | wc -l',
      ]) {
        assert.equal(await stateAfter(script), 'start', script);
      }
      assert.equal((await box.run('kill -9 $$')).fingerprint, 'start');
      assert.equal((await box.run('sleep 9', { timeoutMs: 300 })).fingerprint, 'start');
      assert.equal(
        (await box.run('pytest -q -p no:cacheprovider', { session: 'plain' })).fingerprint,
        'start',
      );
    });

    test('equal states have one name, and every change gives another', async () => {
      await box.output('mkdir closed && echo c >closed/c && chmod 000 closed');
      const changes = [
        'cd src',
        'export A=1',
        'echo more >>/testbed/src/toy/__init__.py',
        'touch -d 2001-01-01 /testbed/data.bin',
        'cp -p /testbed/data.bin /tmp/d; printf x | dd of=/testbed/data.bin conv=notrunc; touch -r /tmp/d /testbed/data.bin; rm /tmp/d',
        'rm /testbed/crlf.txt',
        'chmod 600 /testbed/latin.txt',
        'echo i >>/testbed/ignored.txt',
        'mkdir /testbed/empty',
        'touch ~/new',
        'ln -s a /tmp/link',
        'ln -sfn b /tmp/link',
        'mv /testbed/latin.txt /testbed/moved.txt',
        'git -C /testbed commit -q --allow-empty -m x',
        'mkfifo /tmp/fifo',
        'chmod 700 /testbed/closed; echo d >/testbed/closed/c; chmod 000 /testbed/closed',
      ];
      const seen = new Set<string>();
      for (const change of changes) {
        const state = await stateAfter(change);
        assert.equal(seen.has(state) || state === 'start', false, change);
        seen.add(state);
        assert.equal(await stateAfter('ls; cat /testbed/.git/HEAD'), state, `ls after ${change}`);
      }
    });

    test('a kept result comes with the state as it is now', async () => {
      const { fingerprint } = await box.run('ls', { key: 'kept' });
      const { fingerprint: changed } = await box.run('echo >new');
      assert.equal((await box.run('ls', { key: 'kept' })).fingerprint, changed);
      assert.equal(fingerprint, 'start');
    });

    test('a wild tree comes back in another sandbox, and from there in a third', async () => {
      const { exitCode, output } = await box.run(WILD);
      assert.equal(exitCode, 0, output);
      const [listing, session] = [await listingOf(box), await sessionOf(box)];
      const snapshot = await box.snapshot();
      assert.ok(
        snapshot.archive.length < 1 << 20,
        `${snapshot.archive.length} bytes with a file of 8 MiB of holes`,
      );
      assert.equal(await stateAfter('ls'), snapshot.fingerprint);
      assert.deepEqual(await listingOf(box), listing, 'taking it changed something');

      await other.sandbox.restore(other.name, snapshot.archive);
      assert.deepEqual(await listingOf(other), listing);
      assert.equal(await sessionOf(other), session);
      assert.notEqual((await other.run('ls')).fingerprint, 'start');

      const third = await Box.open(other.sandbox, host.tree);
      await third.sandbox.restore(third.name, (await other.snapshot()).archive);
      assert.deepEqual(await listingOf(third), listing);
      assert.equal(await sessionOf(third), session);
      assert.match(await third.diff(), /-def test_one/);
      await third.close();
    });

    test('nothing done is a small archive that changes nothing', async () => {
      const { fingerprint, archive } = await box.snapshot();
      assert.equal(fingerprint, 'start');
      assert.ok(archive.length <= 10_240, `${archive.length}`);
      await other.sandbox.restore(other.name, archive);
      assert.equal((await other.run('ls')).fingerprint, 'start');
    });

    test('everything removed, home and history with it, stays removed', async () => {
      await box.output('cd ..; rm -rf /testbed/* /testbed/.??* ~/.??*');
      const listing = await listingOf(box);
      await other.sandbox.restore(other.name, (await box.snapshot()).archive);
      assert.deepEqual(await listingOf(other), listing);
      assert.equal(await other.output('ls -A /testbed | wc -l; pwd'), '0\n/\n');
    });

    test('one too large is null, and the sandbox goes on', async () => {
      await box.output(
        'head -c 3M /dev/urandom >/tmp/large; mkdir many; for i in $(seq 400); do echo $i >many/$i; done',
      );
      assert.equal(await box.sandbox.snapshot(box.name, 1 << 20), null);
      assert.equal(await box.sandbox.snapshot(box.name, 3 << 20), null);
      const whole = await box.sandbox.snapshot(box.name, 8 << 20);
      assert.ok(whole !== null && whole.archive.length > 3 << 20);
      // Small in content, large in names.
      await box.output('rm /tmp/large');
      assert.equal(await box.sandbox.snapshot(box.name, 65_536), null);
      assert.equal(await box.output('echo alive'), 'alive\n');
    });

    test('folders nested more deeply than a path may be long are known to have changed, and are too large', async () => {
      const deep = `import os\nos.chdir("/tmp")\nfor i in range(60):\n    os.mkdir("d" * 200)\n    os.chdir("d" * 200)\nopen("f", "w")`;
      const first = await stateAfter(`python3 -c '${deep}'`);
      assert.notEqual(first, 'start');
      assert.notEqual(await stateAfter('ls'), first);
      assert.equal(await box.sandbox.snapshot(box.name, 1 << 20), null);
    });

    test('a restoring that comes late undoes nothing', async () => {
      await box.output('echo old >state');
      const { archive } = await box.snapshot();
      await other.sandbox.restore(other.name, archive);
      await other.output('echo new >state');
      await adapter(kind, host.stateDir).restore(other.name, archive);
      assert.equal(await other.output('cat state'), 'new\n');
    });

    test('a hostile archive reaches nothing outside, and one that is none ends the sandbox', async () => {
      const marker = `steadfast-hostile-${crypto.randomUUID()}`;
      for (const archive of hostileArchive(marker)) {
        const target = await Box.open(other.sandbox, host.tree);
        await target.sandbox.restore(target.name, archive).catch((error: unknown) => {
          assert.equal((error as { readonly type?: string }).type, 'Sandbox.Failed');
        });
        for (const folder of ['/tmp', '/', '/etc', '/var/tmp', '/run', host.stateDir]) {
          assert.equal(existsSync(`${folder}/${marker}`), false, folder);
        }
        await target.close();
      }
      await assert.rejects(other.sandbox.restore(other.name, Buffer.from('no archive')), {
        type: 'Sandbox.Failed',
      });
      await assert.rejects(other.run('true'), { type: 'Sandbox.Gone' });
    });

    test('what is gone has no state', async () => {
      await other.close();
      await assert.rejects(other.snapshot(), { type: 'Sandbox.Gone' });
      await assert.rejects(other.sandbox.restore(other.name, Buffer.alloc(1024)), { type: 'Sandbox.Gone' });
    });
  });
}
