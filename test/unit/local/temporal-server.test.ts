import assert from 'node:assert/strict';
import { test } from 'node:test';
import { temporalEnvironment } from '../../../src/local/temporal-server.ts';

test("the server's heap may grow, within bounds, unless the environment says otherwise", () => {
  assert.deepEqual(temporalEnvironment({ HOME: '/h' }), { GOGC: '400', GOMEMLIMIT: '2GiB', HOME: '/h' });
  assert.equal(temporalEnvironment({ GOGC: '50' })['GOGC'], '50');
});
