import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Leases } from '../../../src/local/leases.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

test('a lease runs for a minute, is renewed, and keeps the host that took it', (t) => {
  const leases = new Leases(temporaryHome(t));
  assert.equal(leases.read('r/g-000001/i/1.1'), null);
  const holder = { pid: 1, born: 'b' };
  leases.renew('r/g-000001/i/1.1', 'a', holder, 0);
  leases.renew('r/g-000001/i/1.1', null, holder, 60_000);
  assert.deepEqual(leases.read('r/g-000001/i/1.1'), {
    name: 'r/g-000001/i/1.1',
    host: 'a',
    process: holder,
    expiresAt: new Date(120_000).toISOString(),
  });
});

test('leases of sandboxes that are gone are removed once they ran out; a damaged file is no lease', (t) => {
  const home = temporaryHome(t);
  const leases = new Leases(home);
  for (const name of ['there', 'gone', 'opening'])
    leases.renew(name, 'a', null, name === 'opening' ? 50_000 : 0);
  writeFileSync(join(home, 'leases', 'x.json'), '{');
  leases.prune(new Set(['there']), 100_000);
  assert.deepEqual(
    leases
      .all()
      .map(({ name }) => name)
      .toSorted(),
    ['opening', 'there'],
  );
  leases.drop('there');
  assert.equal(leases.all().length, 1);
});
