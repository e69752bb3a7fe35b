import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import Docker from 'dockerode';
import { SteadfastError } from '../../../src/domain/failures.ts';
import type { Sandbox, SandboxSpec } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost, specOf } from './host.ts';

/** What opening adds to a tree and takes from it: requirements and hidden paths. */
export function openings(kind: Sandbox['kind']): void {
  describe(`${kind}: what a sandbox opens with`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let sandbox: Sandbox;
    const names: string[] = [];
    /** Unique, so that no other run's image is met. */
    const required = crypto.randomUUID();

    before(async () => {
      host = await makeHost();
      sandbox = adapter(kind, host.stateDir);
    });
    after(async () => {
      // Only ours: others may use the same daemon.
      for (const name of names) await sandbox.close(name);
      await removeImages(kind, required);
      await host.remove();
    });

    async function open(changed: Partial<SandboxSpec>): Promise<Box> {
      const name = `openings/${crypto.randomUUID()}`;
      names.push(name);
      await sandbox.open({ ...specOf(name, host.tree), ...changed });
      return new Box(sandbox, name);
    }

    test('requirements are imported by every command, read-only, and no part of the diff', async () => {
      const requirements = join(host.stateDir, '..', required);
      // Longer than the 100 bytes of an old tar header.
      const deep = join(requirements, 'helping', 'a'.repeat(60), 'b'.repeat(60));
      await mkdir(deep, { recursive: true });
      await writeFile(join(requirements, 'helping', '__init__.py'), 'answer = 42\n');
      await writeFile(join(deep, 'data.txt'), 'deep\n');
      await symlink('helping', join(requirements, 'alias'));
      await mkdir(join(requirements, 'bin'));
      const program = '#!/opt/steadfast/env/bin/python\nimport helping\nprint(helping.answer + 1)\n';
      await writeFile(join(requirements, 'bin', 'help-me'), program, { mode: 0o755 });
      const box = await open({ requirements });
      const script = 'python -c "import helping, toy; print(helping.answer, toy.one(), helping.__file__)"';
      const where = '/opt/steadfast/requirements/helping';
      assert.equal(await box.output(script), `42 1 ${where}/__init__.py\n`);
      assert.equal(await box.output(script, { session: 'plain' }), `42 1 ${where}/__init__.py\n`);
      assert.equal(
        await box.output(`cat ${where}/a*/b*/data.txt ${where}/../alias/__init__.py`),
        'deep\nanswer = 42\n',
      );
      assert.equal(await box.output('cd /tmp && help-me', { session: 'plain' }), '43\n');
      const written = await box.run(`echo x >${where}/__init__.py; rm -rf ${where}`);
      assert.notEqual(written.exitCode, 0);
      assert.equal(await box.output('readlink /opt/steadfast/requirements/alias'), 'helping\n');
      assert.equal(await box.diff(), '');
      const again = await open({ requirements });
      assert.match(await again.output(script), /^42 1 /);
      const without = await open({});
      assert.equal((await without.run('python -c "import helping"')).exitCode, 1);
      assert.equal((await without.run('ls /opt/steadfast/requirements')).exitCode, 2);
    });

    test('requirements name the environment', async () => {
      const { instance } = specOf('x', host.tree);
      const plain = await sandbox.environment(instance);
      const [some, same, other] = await Promise.all(
        [
          ['a==1', 'b'],
          ['b', 'a==1'],
          ['a==2', 'b'],
        ].map(async (requirements) => await sandbox.environment({ ...instance, requirements })),
      );
      assert.equal(some, same);
      assert.equal(new Set([plain, some, other]).size, 3);
      assert.ok(some?.startsWith(`${plain}+requirements-`));
    });

    test('hidden paths are in neither tree nor history, and the diff is silent about them', async () => {
      const box = await open({ hidden: ['tests/test_toy.py', 'not/there.py', "-n'ame"] });
      assert.equal((await box.run('ls tests/test_toy.py')).exitCode, 2);
      const history =
        'git log --all --name-only --format=; git rev-list --all --objects; git fsck --lost-found';
      assert.doesNotMatch(await box.output(history), /test_toy/);
      assert.equal(await box.diff(), '');
      await box.output('sed -i "s/return 1/return 3 - 2/" src/toy/__init__.py; echo new >note.txt');
      const patch = await box.diff();
      assert.doesNotMatch(patch, /test_toy/);
      const whole = await open({});
      await whole.output('git apply -', { stdin: patch });
      assert.equal(
        await whole.output('cat note.txt; python -m pytest -q tests | tail -1 | cut -c1-8'),
        'new\n1 passed\n',
      );
    });

    test('a hidden path that would lead out of the tree is refused, and a link in it is not followed', async () => {
      for (const path of ['../x', '/etc/passwd', 'a/../../b', '', '.', '.git/config']) {
        await assert.rejects(
          open({ hidden: [path] }),
          (error) => error instanceof SteadfastError && error.type === 'Instance.Invalid',
          path,
        );
      }
      const box = await open({ hidden: ['link'] });
      assert.equal(
        await box.output('cat src/toy/__init__.py | head -1; ls link 2>&1 || true'),
        "def one():\nls: cannot access 'link': No such file or directory\n",
      );
    });
  });
}

async function removeImages(kind: Sandbox['kind'], folder: string): Promise<void> {
  if (kind !== 'docker') return;
  const docker = new Docker();
  const filters = { reference: [`steadfast-requirements:${folder}-*`] };
  const found = await docker.listImages({ filters });
  assert.equal(found.length, 1, 'containers with the same requirements share an image');
  for (const { Id } of found) await docker.getImage(Id).remove({ force: true });
}
