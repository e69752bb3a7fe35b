import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifiedLine, verifyLine } from '../../../src/cli/follow-verify.ts';

test('the line of a verification says how far it is and what it found', () => {
  const progress = { run: 'r', phase: 'verifying', checked: 12, total: 40, examples: [] } as const;
  assert.equal(
    verifyLine({ ...progress, outcomes: { agrees: 11, disagrees: 1 } }),
    'verify 12/40: 11 agrees, 1 disagrees',
  );
  assert.equal(verifyLine({ ...progress, checked: 0, outcomes: {} }), 'verify 0/40');
});

test('what disagrees is listed with its instance and both rewards, and what is damaged without', () => {
  const one = { path: 'trajectories/x.json', instanceId: 'i', detail: 't::a was passed, is failed' } as const;
  const stored = { reward: 1, resolved: true };
  const again = { reward: 0.2, resolved: false };
  assert.equal(
    verifiedLine({ ...one, outcome: 'disagrees', stored, again }),
    'disagrees: i (trajectories/x.json): reward 1.000 is 0.200 again; t::a was passed, is failed',
  );
  const lost = {
    ...one,
    outcome: 'damaged',
    instanceId: null,
    stored: null,
    again: null,
    detail: 'lost',
  } as const;
  assert.equal(verifiedLine(lost), 'damaged: instance not known (trajectories/x.json): lost');
});
