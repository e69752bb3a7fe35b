import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const PROFILES = `
[profile.default]
namespace = "of-the-file"
[profile.cloud]
address = "cloud.example:7233"
`;

/** A home whose Temporal configuration file, where Temporal looks for it, holds that. */
function homeWith(t: TestContext, content: string): string {
  const home = temporaryHome(t);
  mkdirSync(join(home, '.config/temporalio'), { recursive: true });
  writeFileSync(join(home, '.config/temporalio/temporal.toml'), content);
  return home;
}

describe('the address of a Temporal server of one’s own', () => {
  const cases: [string, string, Record<string, string>, string | null][] = [
    ['is none where nothing names one', '', {}, null],
    ['is none where the file’s default profile has none', PROFILES, {}, null],
    ['is none where the file has no profile at all', '# empty\n', {}, null],
    ['is that of TEMPORAL_PROFILE', PROFILES, { TEMPORAL_PROFILE: 'cloud' }, 'cloud.example:7233'],
    ['is that of the default profile', '[profile.default]\naddress = "own:7233"\n', {}, 'own:7233'],
    [
      'is TEMPORAL_ADDRESS before a profile’s',
      PROFILES,
      { TEMPORAL_PROFILE: 'cloud', TEMPORAL_ADDRESS: 'a:1' },
      'a:1',
    ],
    ['is TEMPORAL_ADDRESS, whatever the file is', '[profile', { TEMPORAL_ADDRESS: 'a:1' }, 'a:1'],
    [
      'is not an empty TEMPORAL_ADDRESS',
      PROFILES,
      { TEMPORAL_PROFILE: 'cloud', TEMPORAL_ADDRESS: '' },
      'cloud.example:7233',
    ],
    [
      'is none where TEMPORAL_ADDRESS and TEMPORAL_PROFILE are empty',
      PROFILES,
      { TEMPORAL_PROFILE: '', TEMPORAL_ADDRESS: '' },
      null,
    ],
  ];
  for (const [what, content, variables, expected] of cases) {
    it(what, (t) => {
      assert.equal(loadConfig({ HOME: homeWith(t, content), ...variables }).temporalAddress, expected);
    });
  }

  it('comes from the file of TEMPORAL_CONFIG_FILE', (t) => {
    const file = join(homeWith(t, PROFILES), '.config/temporalio/temporal.toml');
    const { temporalAddress } = loadConfig({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' });
    assert.equal(temporalAddress, 'cloud.example:7233');
  });

  const errors: [string, string, Record<string, string>, RegExp][] = [
    [
      'a profile that is not there',
      PROFILES,
      { TEMPORAL_PROFILE: 'none' },
      /^TEMPORAL_PROFILE is "none"; expected a profile/,
    ],
    [
      'a profile of a file without any',
      '',
      { TEMPORAL_PROFILE: 'none' },
      /^TEMPORAL_PROFILE is "none"; expected a profile/,
    ],
    [
      'a file that is not there',
      '',
      { TEMPORAL_CONFIG_FILE: '/none.toml' },
      /^TEMPORAL_CONFIG_FILE is "\/none.toml"; expected a file$/,
    ],
    [
      'a file that is no TOML',
      '[profile',
      {},
      /^Temporal's configuration file \(TEMPORAL_CONFIG_FILE\) cannot be read: /,
    ],
  ];
  for (const [what, content, variables, message] of errors) {
    it(`is no address where ${what} is named`, (t) => {
      assert.throws(() => loadConfig({ HOME: homeWith(t, content), ...variables }), { message });
    });
  }
});
