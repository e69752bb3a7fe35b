import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RecordedTrajectory } from '../../../src/activities/contract.ts';
import type { BatchOutput } from '../../../src/activities/contract-trainer.ts';
import type { MaskReason } from '../../../src/domain/mask.ts';
import { pauseUpdate, progressQuery, resumeUpdate } from '../../../src/workflows/messages.ts';
import { inRun, type RunHandle, until } from '../../support/controlled-run.ts';
import { Latch } from '../../support/latch.ts';
import { STUB_PLAN, StubRun, type AllActivities } from '../../support/stub-run.ts';
import { startTemporal } from '../../support/temporal.ts';

const REFUSED = 'the batch teaches nothing: 4 gradings were cut';
const NOTHING: BatchOutput = { batch: null, samples: 0, groupsWithoutVariance: 2, untrainable: 0 };

describe('rewards that are counted', () => {
  let env: TestWorkflowEnvironment;
  before(async () => {
    env = await startTemporal();
  });
  after(async () => await env.teardown());

  it('carries masks, baselines and findings from the record to the summary and the step’s metrics', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2 };
    const metrics: Record<string, number>[] = [];
    const recordStep: AllActivities['recordStep'] = async (input) => void metrics.push({ ...input.metrics });
    await inRun(env, 'counted', counting(stub, { recordStep }), async (handle) => {
      const { totals, rewardByStep } = await handle.result();
      assert.deepEqual(totals, {
        rollouts: 4,
        failed: 0,
        rewardSum: 2.4,
        resolved: 0,
        baselineSum: 1,
        baselines: 4,
        masked: { grading_timeout: 2 },
        maskedRewardSum: 1.2,
        findings: { network_tried: 4, grading_disagrees: 4 },
        verified: 4,
        untrainable: 0,
      });
      assert.deepEqual(rewardByStep, [0.6]);
      assert.deepEqual((await handle.query(progressQuery)).totals, totals);
    });
    assert.deepEqual(
      stub.groups[0]?.results.map(({ reward, resolved, mask, baselineReward }) => [
        reward,
        resolved,
        mask,
        baselineReward,
      ]),
      [
        [0.6, false, null, 0.25],
        [0.6, false, 'grading_timeout', 0.25],
      ],
    );
    const [step = {}] = metrics;
    const of = (...names: string[]) => names.map((name) => step[name]);
    assert.deepEqual(of('reward/mean', 'reward/baseline', 'reward/resolved'), [0.6, 0.25, 0]);
    assert.deepEqual(of('rollouts/masked', 'masked/grading_timeout', 'rollouts/scored'), [2, 2, 4]);
    assert.deepEqual(of('findings/network_tried', 'grading/verified', 'grading/disagreed'), [1, 4, 4]);
  });

  it('holds the run for a batch whose rewards are the machinery’s, and goes on when it is let go', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 4 };
    const buildBatch: AllActivities['buildBatch'] = async () =>
      stub.named('buildBatch').length === 1
        ? { ...NOTHING, refused: REFUSED }
        : { batch: 'b', samples: 4, groupsWithoutVariance: 0, untrainable: 0 };
    await inRun(env, 'refused', counting(stub, { buildBatch }), async (handle) => {
      const { held } = await whenHeld(handle);
      assert.deepEqual([held?.by, held?.reason], ['failures', REFUSED]);
      assert.equal(stub.named('openSandbox').length, 4);
      await handle.executeUpdate(resumeUpdate);
      const { steps, totals } = await handle.result();
      assert.deepEqual([steps, totals.rollouts], [1, 8]);
    });
  });

  it('tells why a batch was refused after a pause that came before', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2 };
    const latch = new Latch();
    const buildBatch: AllActivities['buildBatch'] = async () => {
      await latch.wait();
      return await refusedBatch();
    };
    await inRun(env, 'refused-paused', counting(stub, { buildBatch }), async (handle) => {
      await until(() => latch.arrived === 1);
      await handle.executeUpdate(pauseUpdate, { args: [{}] });
      latch.open();
      await sleep(700);
      assert.equal((await whenHeld(handle)).held?.by, 'person');
      await handle.executeUpdate(resumeUpdate);
      assert.equal((await whenHeld(handle)).held?.reason, REFUSED);
      await handle.executeUpdate(resumeUpdate);
      assert.equal((await handle.result()).steps, 0);
    });
  });

  it('does not end before a person has looked, where it is the last batch that is refused', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2 };
    await inRun(env, 'refused-last', counting(stub, { buildBatch: refusedBatch }), async (handle) => {
      await whenHeld(handle);
      assert.equal((await handle.describe()).status.name, 'RUNNING');
      assert.equal(stub.summary, null);
      await handle.executeUpdate(resumeUpdate);
      assert.equal((await handle.result()).steps, 0);
    });
  });

  it('holds the run where nobody knows whether a step was made, and asks for it again when it is let go', async () => {
    const stub = new StubRun();
    stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2 };
    const made = stub.activities();
    let asked = 0;
    const trainStep: AllActivities['trainStep'] = async (input) => {
      if (asked++ > 0) return await made.trainStep(input);
      throw ApplicationFailure.nonRetryable('nobody knows whether ART makes step 1', 'Trainer.Doubtful');
    };
    await inRun(env, 'doubtful', counting(stub, { trainStep }), async (handle) => {
      const { held } = await whenHeld(handle);
      assert.deepEqual([held?.by, held?.reason], ['failures', 'nobody knows whether ART makes step 1']);
      await handle.executeUpdate(resumeUpdate);
      assert.equal((await handle.result()).steps, 1);
      assert.equal(asked, 2);
    });
  });

  it('refuses a batch all of whose rollouts failed, unless the run may fail without end', async () => {
    await inRun(env, 'all-failed', failing(0.9), async (handle) => {
      const { held } = await whenHeld(handle);
      assert.equal(held?.reason, 'every rollout of the batch failed, 4 of 4');
      await handle.executeUpdate(resumeUpdate);
      await handle.result();
    });
    await inRun(env, 'may-fail', failing(1), async (handle) => {
      assert.deepEqual((await handle.result()).totals.failed, 4);
    });
  });
});

/** Stubs whose second members are masked; every baseline is 0.25. */
function counting(stub: StubRun, overrides: Partial<AllActivities> = {}): AllActivities {
  return stub.activities({
    grade: async () => ({ grading: 'g', reward: 1, resolved: true }),
    recordTrajectory: async (input) => {
      stub.trajectories.push(input);
      return counted(input.rollout.endsWith('/2.1') ? 'grading_timeout' : null);
    },
    ...overrides,
  });
}

function counted(mask: MaskReason | null): RecordedTrajectory {
  return {
    trajectory: 't'.repeat(64),
    trainable: true,
    counted: {
      reward: 0.6,
      resolved: false,
      mask,
      baselineReward: 0.25,
      findings: ['network_tried', 'grading_disagrees'],
      verified: true,
    },
  };
}

async function whenHeld(handle: RunHandle) {
  for (;;) {
    await sleep(200);
    const progress = await handle.query(progressQuery);
    if (progress.held !== null) return progress;
  }
}

async function refusedBatch(): Promise<BatchOutput> {
  return await Promise.resolve({ ...NOTHING, refused: REFUSED });
}

/** A run of one batch, none of whose rollouts can be graded. */
function failing(maxFailedShare: number): AllActivities {
  const stub = new StubRun();
  stub.plan = { ...STUB_PLAN, mode: 'train', qualityFilter: false, numInstances: 2, maxFailedShare };
  return counting(stub, { grade: ungraded });
}

async function ungraded(): Promise<never> {
  throw ApplicationFailure.nonRetryable('gone', 'Instance.SourceMissing');
}
