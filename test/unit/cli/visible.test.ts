import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible } from '../../../src/cli/visible.ts';

test('what would steer a terminal is shown by its code, the rest as it is', () => {
  assert.equal(visible('a\tb\nç 名 👩‍💻'), 'a\tb\nç 名 👩‍💻');
  assert.equal(visible('\u001b]52;c;eA==\u0007\r\u009b2Jx'), '\\x1b]52;c;eA==\\x07\\x0d\\x9b2Jx');
  assert.equal(visible('user\u202enimda'), 'user\\x202enimda');
});
