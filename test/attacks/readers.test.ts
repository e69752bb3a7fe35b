import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { allowedPart } from '../../src/activities/grading/allowed-part.ts';
import { forbiddenPath } from '../../src/activities/grading/patch/paths.ts';
import { pathRoles } from '../../src/activities/grading/test-files.ts';
import { deriveSeed } from '../../src/domain/seeds.ts';
import { adding, example, replacing } from '../support/grading-world.ts';
import { USUAL } from './support/scripts.ts';

const TRIES = 200;

/** Lines that a hostile diff is made of. */
const PIECES = [
  adding('free.py', 'x = 1\n'),
  adding('tests/test_xmltodict.py', 'x = 1\n'),
  replacing('xmltodict.py', 'a\nb\n', 'c\n'),
  replacing('conftest.py', 'a\n', 'b\n'),
  adding('.git/config', 'x\n'),
  adding('../out.py', 'x\n'),
  'diff --git a/free.py b/conftest.py\nsimilarity index 100%\nrename from free.py\nrename to conftest.py\n',
  'diff --git "a/t\\145sts/test_xmltodict.py" "b/t\\145sts/test_xmltodict.py"\nold mode 100644\nnew mode 100755\n',
  '--- a/free.py\t2000-01-01\n+++ b/tests/test_xmltodict.py\n@@ -1 +1 @@\n-a\n+b\n',
].flatMap((piece) => piece.split('\n').slice(0, -1));

test('what is left of a hostile diff is for git of the same files as for us', async (t) => {
  const instance = await example(USUAL);
  const roleOf = pathRoles(instance);
  let read = 0;
  for (let i = 0; i < TRIES; i++) {
    const { patch } = allowedPart(hostile(i), instance);
    if (patch === '') continue;
    const { status, stdout } = spawnSync('git', ['apply', '--numstat', '-z', '-p1'], {
      input: patch,
      cwd: tmpdir(),
      encoding: 'utf8',
    });
    if (status !== 0) continue;
    read++;
    for (const path of pathsOf(stdout)) {
      assert.equal(forbiddenPath(path), null, `${path} in\n${patch}`);
      assert.equal(roleOf(path), 'free', `${path} in\n${patch}`);
    }
  }
  t.diagnostic(`git read ${read} of ${TRIES}`);
  assert.ok(read > TRIES / 20, `git read ${read} of ${TRIES}`);
});

/** A diff whose parts are whole but for a few lines that are doubled, dropped, swapped or put elsewhere. */
function hostile(seed: number): string {
  let drawn = 0;
  const draw = (below: number): number => deriveSeed('hostile', `${seed}/${drawn++}`) % below;
  const start = draw(PIECES.length);
  const lines = [...PIECES.slice(start), ...PIECES.slice(0, start)];
  for (let change = draw(4); change > 0; change--) {
    const [from, to] = [draw(lines.length), draw(lines.length)];
    const [line = ''] = draw(2) === 0 ? lines.splice(from, 1) : lines.slice(from, from + 1);
    if (draw(3) > 0) lines.splice(to, 0, line);
  }
  return `${lines.join('\n')}\n`;
}

/** Names in `--numstat -z`: counts, a tab and the name; both names apart where a file moves. */
function pathsOf(numstat: string): string[] {
  return numstat.split('\0').flatMap((entry) => {
    const name = entry.replace(/^[-\d]+\t[-\d]+\t/, '');
    return name === '' ? [] : [name];
  });
}
