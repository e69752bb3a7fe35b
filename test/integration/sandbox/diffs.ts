import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';

/** How the agent's changes are read, the same in both adapters. */
export function diffs(kind: Sandbox['kind']): void {
  describe(`${kind}: diffs`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let box: Box;

    before(async () => {
      host = await makeHost();
    });
    beforeEach(async () => {
      box = await Box.open(adapter(kind, host.stateDir), host.tree);
    });
    afterEach(async () => {
      await box.close();
    });
    after(async () => {
      await host.remove();
    });

    /** The tree with a patch applied by git, as grading does it. */
    async function applied(patch: string): Promise<string> {
      const folder = await mkdtemp(`${host.tree}-applied-`);
      await cp(host.tree, folder, { recursive: true, verbatimSymlinks: true });
      await writeFile(`${host.tree}.patch`, patch);
      await promisify(execFile)('git', ['apply', '--whitespace=nowarn', `${host.tree}.patch`], {
        cwd: folder,
      });
      return folder;
    }

    test('nothing done is an empty diff', async () => {
      assert.equal(await box.diff(), '');
      await box.output(
        'pytest -q; git status; touch src/toy/__init__.py; mkdir -p src/__pycache__; echo >src/__pycache__/x.pyc',
      );
      assert.equal(await box.diff(), '');
    });

    test('new, changed, deleted, binary, linked, renamed and executable files come back by git apply', async () => {
      await box.output(
        'echo "x = 2" >>src/toy/__init__.py; echo new >new.txt; rm tests/test_toy.py; printf "\\000\\001" >data.bin; ' +
          'ln -s new.txt to-new; mv crlf.txt moved.txt; chmod -x run.sh; printf "caf\\351\\351\\n" >latin.txt; ' +
          'printf "a\\r\\n" >"sp ace\\"é.txt"; rm link; mkdir link; echo in >link/in',
      );
      const folder = await applied(await box.diff());
      const text = async (name: string) => await readFile(join(folder, name), 'latin1');
      assert.equal(await text('src/toy/__init__.py'), 'def one():\n    return 1\nx = 2\n');
      assert.equal(await text('data.bin'), '\0\x01');
      assert.equal(await text('latin.txt'), 'caf\xe9\xe9\n');
      assert.equal(await text('moved.txt'), 'one\r\ntwo\r\n');
      assert.equal(await text('sp ace"é.txt'), 'a\r\n');
      assert.equal(await text('link/in'), 'in\n');
      assert.equal(await readlink(join(folder, 'to-new')), 'new.txt');
      await assert.rejects(readFile(join(folder, 'tests/test_toy.py')));
      await assert.rejects(readFile(join(folder, 'crlf.txt')));
      await rm(folder, { recursive: true });
    });

    test('it does not matter what the agent did to its own .git', async () => {
      await box.output('echo changed >new.txt');
      const plain = await box.diff();
      assert.match(plain, /\+changed/);
      await box.output('git add -A && git commit -qm mine && git gc -q --prune=now');
      assert.equal(await box.diff(), plain, 'committed');
      await box.output(
        'git config core.fsmonitor "touch /tmp/ran #"; git config diff.external "touch /tmp/ran #"; ' +
          'git config filter.x.clean "touch /tmp/ran; cat"; git config core.attributesFile ~/attributes; ' +
          'git config --global core.excludesFile ~/ignore; echo "*" >~/ignore; git config --global core.hooksPath ~/hooks; ' +
          'echo "* filter=x diff=y -text binary" | tee ~/attributes >.git/info/attributes; echo "*" >.git/info/exclude; ' +
          'git update-index --assume-unchanged src/toy/__init__.py; git config core.worktree /tmp; rm -f /tmp/ran',
      );
      assert.equal(await box.diff(), plain, 'poisoned');
      assert.equal(await box.output('ls /tmp; rm -rf .git'), '');
      assert.equal(await box.diff(), plain, 'deleted');
      await box.output('ln -s /etc .git');
      assert.equal(await box.diff(), plain, 'a link');
    });

    test('attributes and repositories in the tree hide nothing but what they hold', async () => {
      await box.output(
        'printf "* -diff\\n* filter=x\\n* text eol=crlf working-tree-encoding=UTF-16 ident\\n" >.gitattributes; echo "# x" >>src/toy/__init__.py',
      );
      await box.output(
        'mkdir inner; cd inner; git init -q; echo 1 >f; git add f; git -c user.email=a@b -c user.name=a commit -qm x; mkdir ../empty; cd ../empty; git init -q',
      );
      const patch = await box.diff();
      assert.match(patch, /\+# x/);
      assert.match(patch, /\+\* -diff/);
      assert.doesNotMatch(patch, /Subproject|inner|empty/);
    });

    test('ignored new files stay out, shipped ones that are ignored do not', async () => {
      await box.output('mkdir build; echo >build/x; echo more >>ignored.txt');
      const patch = await box.diff();
      assert.doesNotMatch(patch, /build/);
      assert.match(patch, /\+more/);
    });

    test('modes, pipes and a full disk do not stop it', async () => {
      await box.output(
        'echo "# y" >>src/toy/__init__.py; chmod 000 src/toy/__init__.py tests data.bin; mkfifo pipe; echo z >closed; chmod 000 closed',
      );
      await box.run('head -c 1G /dev/zero >~/fill; head -c 1G /dev/zero >/tmp/fill');
      const patch = await box.diff();
      assert.match(patch, /\+# y/);
      assert.match(patch, /\+z/);
      assert.doesNotMatch(patch, /test_toy|data\.bin/);
    });

    test('a tracked file that gave way to a pipe is one that is gone', async () => {
      await box.output('rm run.sh; mkfifo run.sh; mkfifo new-pipe; echo new >new.txt');
      const patch = await box.diff();
      assert.match(patch, /deleted file mode 100755\n.*\n--- a\/run.sh/);
      assert.match(patch, /\+new/);
      assert.doesNotMatch(patch, /new-pipe/);
    });

    test('one too large is null, fast, whatever it holds', async () => {
      await box.output('head -c 20M /dev/zero >big');
      assert.equal(await box.sandbox.diff(box.name, 1 << 20), null);
    });
  });
}
