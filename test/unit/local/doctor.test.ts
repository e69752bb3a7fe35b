import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import {
  type BubblewrapProbe,
  type DockerProbe,
  isolationRows,
} from '../../../src/local/doctor-isolation.ts';
import { nodeRow } from '../../../src/local/doctor-machine.ts';
import { keyRows, temporalRows } from '../../../src/local/doctor.ts';

const silent = () => Promise.reject(new Error('no answer from 127.0.0.1:7233'));

test('a fast server is tuned, a slow one is not, an absent one is missing', async () => {
  const embedded = { temporalAddress: null };
  const [, fast] = await temporalRows(embedded, () => Promise.resolve({ version: '1.29.1', activityMs: 16 }));
  assert.equal(fast?.state, 'ok');
  const [, slow] = await temporalRows(embedded, () =>
    Promise.resolve({ version: '1.29.1', activityMs: 100 }),
  );
  assert.equal(slow?.state, 'warn');
  assert.match(slow?.hint ?? '', /steadfast up/);
  const [absent] = await temporalRows(embedded, silent);
  assert.deepEqual([absent?.state, absent?.found], ['missing', 'no answer from 127.0.0.1:7233']);
  assert.match(absent?.hint ?? '', /steadfast up/);
  const [elsewhere] = await temporalRows({ temporalAddress: 'temporal:7233' }, silent);
  assert.match(elsewhere?.hint ?? '', /^check TEMPORAL_ADDRESS.*steadfast worker/);
});

test('keys are shown by name, never by value', () => {
  const rows = keyRows({ environment: { OPENAI_API_KEY: 'a-secret' } });
  assert.equal(rows.find((row) => row.part === 'OPENAI_API_KEY')?.found, 'set');
  assert.equal(rows.find((row) => row.part === 'HF_TOKEN')?.found, 'not set');
  assert.doesNotMatch(JSON.stringify(rows), /a-secret/);
  assert.deepEqual(
    rows.map((row) => row.part),
    [
      'OPENAI_API_KEY',
      'OPENAI_BASE_URL',
      'TINKER_BASE_URL',
      'TINKER_API_KEY',
      'ART_BASE_URL',
      'WANDB_API_KEY',
      'HF_TOKEN',
    ],
  );
});

test('an old Node is told', () => {
  assert.equal(nodeRow('20.20.2').state, 'missing');
  assert.equal(nodeRow('24.21.0').state, 'ok');
});

const ROOT = { usable: true, version: '0.8.0', reason: null, bounds: { memory: true, pids: true } };
const UNBOUNDED = { memory: false, pids: false };
const USER = {
  ...ROOT,
  reason: 'memory, processes, CPU and disk are unbounded without root',
  bounds: UNBOUNDED,
};
const ABSENT = { usable: false, version: null, reason: 'bubblewrap is not installed', bounds: UNBOUNDED };

const withoutDocker: DockerProbe = () => Promise.reject(new Error('connect ENOENT /var/run/docker.sock'));

describe('what auto would take', () => {
  type Expected = readonly [state: string, found: string, hint: RegExp];
  const cases: [string, Awaited<ReturnType<BubblewrapProbe>>, Expected, Expected][] = [
    ['bubblewrap that bounds', ROOT, ['ok', '0.8.0', /^$/], ['ok', 'takes bubblewrap', /^$/]],
    [
      'nothing, of bubblewrap without root or cgroups',
      USER,
      ['warn', '0.8.0', /unbounded without root/],
      ['missing', 'takes neither', /run as root .*; --sandbox bubblewrap takes it without those bounds/],
    ],
    [
      'nothing, of a machine without both',
      ABSENT,
      ['missing', 'bubblewrap is not installed', /^$/],
      ['missing', 'takes neither', /install Docker and start its daemon, or install bubblewrap .* as root/],
    ],
  ];
  for (const [what, report, bubblewrap, auto] of cases) {
    it(`is ${what}`, async () => {
      const rows = await isolationRows({ docker: withoutDocker, bubblewrap: () => Promise.resolve(report) });
      assert.deepEqual(
        rows.map((row) => row.part),
        ['Docker', 'bubblewrap', '--sandbox auto'],
      );
      for (const [part, [state, found, hint]] of [
        ['bubblewrap', bubblewrap],
        ['--sandbox auto', auto],
      ] as const) {
        const row = rows.find((one) => one.part === part);
        assert.deepEqual([row?.state, row?.found], [state, found]);
        assert.match(row?.hint ?? '', hint);
      }
    });
  }

  it('is Docker where a daemon answers, whatever bubblewrap can do', async () => {
    const rows = await isolationRows({
      docker: () => Promise.resolve({ Engine: '27.1', runc: '1.1.9' }),
      bubblewrap: () => Promise.reject(new Error('setpriv could not be started')),
    });
    assert.deepEqual(
      rows.map(({ part, found, state }) => [part, found, state]),
      [
        ['Docker', '27.1', 'ok'],
        ['runc', '1.1.9', 'ok'],
        ['bubblewrap', 'setpriv could not be started', 'ok'],
        ['--sandbox auto', 'takes Docker', 'ok'],
      ],
    );
  });
});
