import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import type { VerifyRecordActivities } from '../../../src/activities/contract-verify.ts';
import { groupRecordOf } from '../../../src/activities/group-record.ts';
import { createVerifyRecordActivities } from '../../../src/activities/verify-records.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { trajectoryPath } from '../../../src/domain/ids.ts';
import type { Verified, VerifyEntry, VerifyPlan } from '../../../src/domain/verification.ts';
import type { Artifacts } from '../../../src/ports/artifacts.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { rolloutResult } from '../domain/rollout-result.ts';

let root: string;
let artifacts: Artifacts;
const env = activityEnvironment();
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'steadfast-verify-'));
  artifacts = createFolderArtifacts(root);
  await artifacts.writeRunFile('r', 'config.json', '{"run": "r", "sandbox": "bubblewrap"}');
});
afterEach(async () => await rm(root, { recursive: true }));

const id = (member: number) => `r/g-000001/i/${member}.1`;

describe('planVerification', () => {
  it('lists the scored members of groups by hash, and files of which no group has told', async () => {
    const results = [
      rolloutResult({ rollout: id(1), trajectory: 'a'.repeat(64) }),
      rolloutResult({ rollout: id(2), status: 'failed', reward: null, trajectory: 'b'.repeat(64) }),
      rolloutResult({ rollout: id(4), trajectory: 'd'.repeat(64) }),
    ];
    const told = groupRecordOf({ run: 'r', group: 1, purpose: 'train' }, results, 'mean');
    await artifacts.writeRunFile('r', 'groups/g-000001.json', JSON.stringify(told));
    await artifacts.writeRunFile('r', 'groups/g-000002.json', '{"mem');
    // The file of the fourth is lost; of the third no group has told.
    for (const member of [1, 2, 3]) await artifacts.writeRunFile('r', trajectoryPath('r', id(member)), '{}');
    const plan = await planOf({ run: 'r' });
    assert.deepEqual([plan.count, plan.sandbox, plan.concurrency, plan.share], [3, 'bubblewrap', 2, 1]);
    const page = await pageOf(plan.list, 0);
    assert.deepEqual(page, [
      { path: trajectoryPath('r', id(1)), trajectory: 'a'.repeat(64) },
      { path: trajectoryPath('r', id(3)), trajectory: null },
      { path: trajectoryPath('r', id(4)), trajectory: 'd'.repeat(64) },
    ] satisfies VerifyEntry[]);
    assert.deepEqual(await pageOf(plan.list, 2), page.slice(2));
  });

  it('refuses a run that the store does not have, by name', async () => {
    await assert.rejects(
      planOf({ run: 'nowhere' }),
      (error) =>
        error instanceof ApplicationFailure &&
        error.type === 'Config.Invalid' &&
        /run is "nowhere"; expected a run/.test(error.message),
    );
  });
});

describe('recordVerification', () => {
  it('derives verify.json whole, however often a page is written, and from the newest verification alone', async () => {
    const plan = await planOf({ run: 'r', share: 0.5 });
    await record(plan, 0, found('agrees'), found('disagrees'));
    await record(plan, 2, found('damaged'), found('unscored'));
    await record(plan, 2, found('damaged'), found('unscored'));
    const { checked, outcomes, disagreementRate, notAgreed, share } = await report();
    assert.deepEqual([checked, disagreementRate, share], [4, 0.5, 0.5]);
    assert.deepEqual(outcomes, { agrees: 1, disagrees: 1, damaged: 1, unscored: 1 });
    assert.deepEqual(notAgreed, [found('disagrees'), found('damaged')]);
    await record(plan, 0, found('agrees'));
    assert.deepEqual((await report())['checked'], 1);
  });
});

function found(outcome: Verified['outcome']): Verified {
  return { outcome, path: 'trajectories/x.json', instanceId: 'i', stored: null, again: null, detail: '' };
}

async function planOf(input: object): Promise<VerifyPlan> {
  return await env.run(async (of: { input: object }) => await activities().planVerification(of), { input });
}

async function pageOf(list: string, from: number): Promise<readonly VerifyEntry[]> {
  const page = { list, from, count: 32 };
  return await env.run(async (of: typeof page) => await activities().readVerification(of), page);
}

async function record(plan: VerifyPlan, from: number, ...verified: Verified[]): Promise<void> {
  const page = { plan, from, verified };
  await env.run(async (of: typeof page) => await activities().recordVerification(of), page);
}

function activities(): VerifyRecordActivities {
  return createVerifyRecordActivities({ artifacts, machineConcurrency: 2 });
}

async function report(): Promise<Record<string, unknown>> {
  return JSON.parse((await artifacts.readRunFile('r', 'verify.json')) ?? '') as Record<string, unknown>;
}
