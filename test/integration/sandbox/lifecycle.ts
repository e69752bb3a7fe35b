import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, DEADLINE, INSTANCE, LIMITS, adapter, makeHost } from './host.ts';

/** How sandboxes come, are found and go, the same in both adapters. */
export function lifecycle(kind: Sandbox['kind']): void {
  describe(`${kind}: lifecycle`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let sandbox: Sandbox;
    let box: Box;

    before(async () => {
      host = await makeHost();
      sandbox = adapter(kind, host.stateDir);
      box = await Box.open(sandbox, host.tree);
    });
    after(async () => {
      await box.close();
      await host.remove();
    });

    test('files go in and out by name, as the agent', async () => {
      await sandbox.writeFile(box.name, '/tmp/deep/er/file', 'text ü\n');
      assert.equal(await box.output('cat /tmp/deep/er/file; echo more >>/tmp/deep/er/file'), 'text ü\n');
      assert.equal(await sandbox.readFile(box.name, '/tmp/deep/er/file', 100), 'text ü\nmore\n');
      assert.equal(await sandbox.readFile(box.name, '/tmp/deep/er/file', 4), 'text');
      assert.equal(await sandbox.readFile(box.name, '/tmp/none', 4), null);
      await assert.rejects(sandbox.writeFile(box.name, '/opt/steadfast/guest/x', ''), {
        type: 'Sandbox.Failed',
      });
      await assert.rejects(sandbox.readFile(box.name, '/tmp', 4), { type: 'Sandbox.Failed' });
    });

    test('a second open adopts the first, list names it, another adapter finds it', async () => {
      await box.output('echo kept >/tmp/kept');
      const other = adapter(kind, host.stateDir);
      await other.open({
        name: box.name,
        run: 'run-1',
        instance: INSTANCE,
        tree: host.tree,
        limits: LIMITS,
        deadline: DEADLINE,
      });
      assert.equal((await new Box(other, box.name).run('cat /tmp/kept', { key: 'other' })).output, 'kept\n');
      const listed = (await other.list()).find(({ name }) => name === box.name);
      assert.equal(listed?.run, 'run-1');
      assert.equal(listed.deadline, DEADLINE);
      assert.ok(Math.abs(Date.now() - Date.parse(listed.createdAt)) < 600_000);
    });

    test('the environment has a name that stays', async () => {
      const name = await sandbox.environment(INSTANCE);
      assert.equal(await adapter(kind, host.stateDir).environment(INSTANCE), name);
      assert.match(name, /\w{12}/);
    });

    test('what was closed is gone, and closing twice is nothing', async () => {
      const closed = await Box.open(sandbox, host.tree);
      await closed.close();
      await closed.close();
      await assert.rejects(closed.run('true'), { type: 'Sandbox.Gone' });
      await assert.rejects(closed.diff(), { type: 'Sandbox.Gone' });
      await assert.rejects(new Box(sandbox, 'never').run('true'), { type: 'Sandbox.Gone' });
    });

    test('a missing tree is named', async () => {
      const spec = {
        name: 'missing',
        run: 'r',
        instance: INSTANCE,
        tree: `${host.tree}-none`,
        limits: LIMITS,
        deadline: DEADLINE,
      };
      await assert.rejects(sandbox.open(spec), { type: 'Instance.SourceMissing' });
      assert.equal(
        (await sandbox.list()).some(({ name }) => name === 'missing'),
        false,
      );
    });
  });
}
