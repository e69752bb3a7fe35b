import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../src/local/setup/paths.mjs';

for (const rawArgs of [[], ['soon'], ['0'], ['60', '60']]) {
  test(`the grader says what it expects when it is started with ${JSON.stringify(rawArgs)}`, () => {
    const { status, stderr } = spawnSync('python3', ['-m', 'steadfast_grader', ...rawArgs], {
      cwd: join(packageRoot, 'grader'),
      encoding: 'utf8',
      input: '',
    });
    assert.equal(status, 1);
    assert.match(stderr, /^usage: python -m steadfast_grader READ_SECONDS; expected the seconds/);
  });
}
