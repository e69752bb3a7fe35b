import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Docker from 'dockerode';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, INSTANCE, adapter, makeHost, optionsFor } from './host.ts';
import { buildImage } from './image.ts';

const IMAGE = 'steadfast-test-benchmark:1';
const FIX = 'the-fix-of-the-future';

/** Makes a repository as SWE-bench's images hold them: root's, at a commit, with what comes after it all over its history. */
const SETUP = String.raw`#!/bin/bash
set -eu
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
mkdir -p /testbed /opt/miniconda3/envs/testbed/bin /opt/miniconda3/bin
ln -s /usr/bin/python3 /opt/miniconda3/envs/testbed/bin/python
cd /testbed
git init -q -b main
printf 'build/\n*.so\n*.c\n' >.gitignore
mkdir pkg build
echo 'VALUE = 1' >pkg/__init__.py
# Tracked though they are ignored, a submodule among them; one is no longer there.
echo 'int one;' | tee pkg/one.c >build/two.c && echo gone >gone.c
(git init -q build/dep && cd build/dep && echo 1 >one && git add -A && git commit -qm one)
git add -A && git add -f pkg/one.c build/two.c gone.c build/dep && git commit -qm base
# Built products are ignored by git, and the tests need them.
echo built >build/product.so
echo 'int untracked;' >pkg/made.c
base=$(git rev-parse HEAD)
fix() { echo "VALUE = '$FIX-$1'" >pkg/fix.py; git add -A; git commit -qm "$FIX $1"; }
git checkout -qb upstream && fix branch
git checkout -q main && fix tag && git tag -a v2 -m "$FIX" && git reset -q --hard $base
fix packed && git update-ref refs/remotes/origin/main HEAD && git pack-refs --all && git gc -q
git reset -q --hard $base
fix reflog && git reset -q --hard $base
echo "VALUE = '$FIX-stash'" >pkg/__init__.py && git stash -q
git notes add -m "$FIX" $base
git worktree add -q /testbed/.git/elsewhere upstream
echo "$FIX" | git hash-object -w --stdin >/dev/null
echo "$FIX" >.git/FETCH_HEAD
# A repository within it, as one that tests clone or that is a submodule with a folder of its own.
mkdir -p vendor/dep && cd vendor/dep && git init -q -b main && echo 1 >one && git add -A && git commit -qm one
mkdir /testbed/vendor/empty && cd /testbed/vendor/empty && git init -q && echo 2 >two
cd /testbed && rm gone.c && echo secret >private && chmod 600 private && chown -R root:root /testbed
head -c 50000000 /dev/urandom >build/large.so
# The history holds it indeed: five commits, a note, a loose object and what git keeps of them.
[ "$(git cat-file --batch --batch-all-objects | grep -ac "$FIX")" -ge 10 ]
# What else an image may keep of it; root's own.
git bundle create -q /root/all.bundle --all
`;

describe("docker: an image as the benchmarks' are", () => {
  const docker = new Docker();
  let host: Awaited<ReturnType<typeof makeHost>>;
  let sandbox: Sandbox;
  const instance: Instance = { ...INSTANCE, format: 'swe-bench', source: { kind: 'image', image: IMAGE } };

  before(async () => {
    host = await makeHost();
    sandbox = adapter('docker', host.stateDir);
    const dockerfile = [
      `FROM ${optionsFor('').baseImage}`,
      'COPY setup.sh /setup.sh',
      `RUN FIX=${FIX} bash /setup.sh && rm /setup.sh`,
      'WORKDIR /testbed',
    ];
    await buildImage(docker, IMAGE, dockerfile, { 'setup.sh': SETUP });
  });
  after(async () => {
    await docker.getImage(IMAGE).remove({ force: true });
    await host.remove();
  });

  async function open(name: string, of = instance): Promise<Box> {
    return await Box.inImage(sandbox, name, of);
  }

  test('the agent finds its repository, its own to write, larger than what it may write itself', async () => {
    const box = await open('benchmark/work');
    const commands = [
      'cat pkg/__init__.py build/product.so private vendor/dep/one vendor/empty/two',
      'stat -c %s build/large.so; stat -c %u . private build',
      'git status --short; git log --all --format=%s; command -v python',
      'echo "VALUE = 2" >pkg/__init__.py; echo 3 >vendor/dep/one; rm build/product.so; python -c "import pkg; print(pkg.VALUE)"',
    ];
    const expected = ['VALUE = 1', 'built', 'secret', '1', '2', '50000000', '1000', '1000', '1000'];
    const rest = ['Initial commit', '/opt/miniconda3/envs/testbed/bin/python', '2', ''];
    assert.equal(await box.output(commands.join('; ')), [...expected, ...rest].join('\n'));
    const diff = await box.diff();
    assert.match(diff, /-VALUE = 1\n\+VALUE = 2/);
    assert.match(diff, /a\/vendor\/dep\/one[^]*-1\n\+3/);
    assert.doesNotMatch(diff, /product/);
    // The room that the tree took is not the agent's to fill: half of the disk limit, and what the objects left over.
    const filled = await box.run('head -c 200000000 /dev/zero >filler');
    assert.notEqual(filled.exitCode, 0);
    await box.close();
  });

  test('a change to a file counts that is tracked though it is ignored, and one to a product does not', async () => {
    const box = await open('benchmark/ignored');
    assert.equal(
      await box.output('git status --short; git ls-files -i -c --exclude-standard'),
      'build/two.c\npkg/one.c\n',
    );
    await box.output('for file in pkg/one.c build/two.c pkg/made.c build/dep/one; do echo new >$file; done');
    const diff = await box.diff();
    assert.match(diff, /a\/pkg\/one\.c[^]*-int one;\n\+new/);
    assert.match(diff, /a\/build\/two\.c[^]*-int one;\n\+new/);
    assert.doesNotMatch(diff, /made|dep/);
    await box.close();
  });

  test('and nothing of the future: no branch, tag, stash, note, reflog, loose or packed object, nor a file', async () => {
    const box = await open('benchmark/history');
    const refs =
      'git for-each-ref; git reflog --all; git stash list; git worktree list; git notes list; git fsck --lost-found';
    assert.doesNotMatch((await box.run(refs)).output, /upstream|v2|origin|stash@|notes|dangling|elsewhere/);
    const objects = 'git cat-file --batch --batch-all-objects --unordered --buffer';
    assert.equal((await box.run(`${objects} | grep -ac ${FIX}`)).output, '0\n');
    const others = await box.run(
      String.raw`find / \( -path /proc -o -path /sys -o -path /testbed/.git \) -prune -o \( -name '*.pack' -o -name '*.bundle' -o -name packed-refs -o -path '*/objects/??/*' \) -print 2>/dev/null`,
    );
    for (const path of others.output.trim().split('\n').filter(Boolean)) {
      const found = await box.run(
        `git -C "$(dirname ${path} | sed 's,/objects.*,,')" cat-file --batch-all-objects --batch | grep -ac ${FIX}`,
      );
      assert.equal(found.output, '0\n', path);
    }
    const files = `grep -rlsa ${FIX} / --exclude-dir=proc --exclude-dir=sys --exclude-dir=large.so`;
    assert.equal((await box.run(files, { timeoutMs: 120_000 })).output, '');
    assert.notEqual((await box.run('cat /root/all.bundle')).exitCode, 0);
    await box.close();
  });
});
