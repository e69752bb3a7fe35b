import { Context } from '@temporalio/activity';
import { sandboxName } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import type { Official } from '../ports/official.ts';
import type { Sandbox, SandboxLimits } from '../ports/sandbox.ts';
import type { GradeOutput, HostActivities } from './contract-sandbox.ts';
import { goneForGood } from './gone-for-good.ts';
import { gradePatch, gradingSandboxes } from './grading/grade-patch.ts';
import { heartbeatWhile } from './heartbeat.ts';
import type { Sandboxes } from './sandboxes.ts';
import { readConfig, readInstance } from './stored.ts';

/** Of an agent's diff; a larger one is no fix, and is graded as if nothing was done. */
const DIFF_BYTES = 8 * 1024 * 1024;

/** What grading and judging need of their host. */
export interface GradeDeps {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
  readonly official: Official;
  readonly sandboxes: Sandboxes;
  readonly limits: SandboxLimits;
}

/** The activity that grades a rollout on the host that holds its sandbox. */
export function createGradeActivities(deps: GradeDeps): Pick<HostActivities, 'grade'> {
  const { artifacts, datasets, official, sandboxes, limits } = deps;

  async function grade(input: Parameters<HostActivities['grade']>[0]): Promise<GradeOutput> {
    return await heartbeatWhile(async (signal) => {
      const [instance, config] = await Promise.all([
        readInstance(artifacts, input.instance.ref),
        readConfig(artifacts, input.config),
      ]);
      const sandbox = await sandboxes.choose(input.sandbox);
      const own = sandboxName(input.rollout, input.epoch);
      const patch = await goneForGood(async () => await sandbox.diff(own, DIFF_BYTES));
      const name = await freshName(sandbox, `${own}/grade`);
      const { run, environment } = input;
      const bench = { sandbox, datasets, official, limits, run, environment, name, signal };
      const grading = await gradePatch({
        ...bench,
        artifacts,
        instance,
        instanceRef: input.instance.ref,
        patch,
        rewardPower: config.rewardPower,
        verifyShare: config.verifyShare,
      });
      if (grading.metrics.gradingFlaky === 1) {
        Context.current().log.warn('two gradings of one patch differ', {
          rollout: input.rollout,
          instance: instance.instanceId,
        });
      }
      const { reward, resolved } = grading;
      return { grading: await artifacts.putJson(grading), reward, resolved };
    });
  }

  return { grade };
}

/** A name of this attempt's own; what the attempt before it left is closed, for nobody else would. */
async function freshName(sandbox: Sandbox, name: string): Promise<string> {
  const { attempt } = Context.current().info;
  const left = attempt > 1 ? gradingSandboxes(`${name}-${attempt - 1}`) : [];
  await Promise.all(left.map((one) => sandbox.close(one)));
  return `${name}-${attempt}`;
}
