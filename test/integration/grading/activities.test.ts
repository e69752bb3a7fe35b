import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGradeActivities } from '../../../src/activities/grade.ts';
import { createJudgeActivities } from '../../../src/activities/judge-instance.ts';
import { readGrading } from '../../../src/activities/stored.ts';
import { sandboxName } from '../../../src/domain/ids.ts';
import { example, gradingWorld } from '../../support/grading-world.ts';
import { NO_OFFICIAL } from '../../support/no-official.ts';
import { activityEnvironment } from '../../support/run-activity.ts';

const DEADLINE = new Date(Date.now() + 3_600_000).toISOString();

test("a rollout's own sandbox is diffed, graded in another, and the grading is stored", async (t) => {
  const { datasets, artifacts, sandbox, request } = gradingWorld(t);
  const instance = await example('pqbhagjq');
  const { limits, instanceRef: ref } = await request(instance);
  const deps = {
    datasets,
    artifacts,
    official: NO_OFFICIAL,
    limits,
    sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
  };
  const config = await artifacts.putJson({ rewardPower: 1.33, verifyShare: 0 });
  const rollout = 'r/g-000000/i/0.0';
  const own = sandboxName(rollout, 2);
  const tree = await datasets.prepareTree(instance, 'bugged');
  await sandbox.open({ name: own, run: 'r', instance, tree, limits, deadline: DEADLINE });
  const script =
    'sed -i "s/return (len(word) for word in stripped.split())/return max(len(word) for word in stripped.split())/" textfsm/texttable.py';
  await sandbox.run(own, { key: 'k', script, session: 'shell', timeoutMs: 10_000, outputBytes: 1000 });

  const activities = activityEnvironment();
  const { grade } = createGradeActivities(deps);
  const { judgeInstance } = createJudgeActivities(deps);
  const named = { instance: { instanceId: instance.instanceId, ref }, sandbox: 'auto' } as const;
  const verdict = await activities.run(judgeInstance, named);
  assert.deepEqual([verdict.instanceId, verdict.verdict, verdict.runs], [instance.instanceId, 'accept', 8]);
  const output = await activities.run(grade, { ...named, run: 'r', rollout, epoch: 2, config });
  const grading = await readGrading(artifacts, output.grading);
  assert.equal(output.reward, 1, grading.log);
  assert.equal(output.resolved, true);
  assert.match(grading.patch, /^diff --git a\/textfsm\/texttable\.py/);
  assert.equal(grading.environment, await sandbox.environment(instance));
  assert.deepEqual(
    (await sandbox.list()).map((info) => info.name),
    [own],
    'only the rollout’s own sandbox is left',
  );
});

test('a diff too large to be read is data: graded as if nothing was done, and said so', async (t) => {
  const { datasets, artifacts, sandbox, request } = gradingWorld(t);
  const instance = await example('pqbhagjq');
  const { limits, instanceRef: ref } = await request(instance);
  const config = await artifacts.putJson({ rewardPower: 1.33, verifyShare: 0 });
  const rollout = 'r/g-000000/i/0.0';
  const own = sandboxName(rollout, 2);
  const tree = await datasets.prepareTree(instance, 'bugged');
  await sandbox.open({ name: own, run: 'r', instance, tree, limits, deadline: DEADLINE });
  const script = 'head -c 9M /dev/zero >core';
  await sandbox.run(own, { key: 'k', script, session: 'shell', timeoutMs: 10_000, outputBytes: 1000 });
  const sandboxes = { choose: async () => sandbox, all: async () => [sandbox] };
  const { grade } = createGradeActivities({
    datasets,
    artifacts,
    official: NO_OFFICIAL,
    limits,
    sandboxes,
  });
  const input = { instance: { instanceId: instance.instanceId, ref }, sandbox: 'auto', run: 'r' } as const;
  const output = await activityEnvironment().run(grade, { ...input, rollout, epoch: 2, config });
  const grading = await readGrading(artifacts, output.grading);
  assert.equal(output.reward, 0.2, grading.log);
  assert.equal(grading.metrics.patchRejected, 1);
  assert.equal(grading.patch, '');
  assert.match(grading.log, /^The patch was left out: it is too large\n/);
});
