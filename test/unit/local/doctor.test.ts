import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupRow } from '../../../src/local/doctor-isolation.ts';
import { nodeRow } from '../../../src/local/doctor-machine.ts';
import { keyRows, temporalRows } from '../../../src/local/doctor.ts';

test('a fast server is tuned, a slow one is not, an absent one is missing', async () => {
  const [, fast] = await temporalRows(() => Promise.resolve({ version: '1.29.1', activityMs: 16 }));
  assert.equal(fast?.state, 'ok');
  const [, slow] = await temporalRows(() => Promise.resolve({ version: '1.29.1', activityMs: 100 }));
  assert.equal(slow?.state, 'warn');
  assert.match(slow?.hint ?? '', /steadfast up/);
  const [absent] = await temporalRows(() => Promise.reject(new Error('no answer from 127.0.0.1:7233')));
  assert.deepEqual([absent?.state, absent?.found], ['missing', 'no answer from 127.0.0.1:7233']);
});

test('keys are shown by name, never by value', () => {
  const rows = keyRows({ environment: { OPENAI_API_KEY: 'a-secret' } });
  assert.equal(rows.find((row) => row.part === 'OPENAI_API_KEY')?.found, 'set');
  assert.equal(rows.find((row) => row.part === 'HF_TOKEN')?.found, 'not set');
  assert.doesNotMatch(JSON.stringify(rows), /a-secret/);
});

test('an old Node and a machine without cgroups are told', () => {
  assert.equal(nodeRow('20.20.2').state, 'missing');
  assert.equal(nodeRow('24.21.0').state, 'ok');
  assert.equal(cgroupRow('none').state, 'warn');
  assert.equal(cgroupRow('v1').state, 'ok');
});
