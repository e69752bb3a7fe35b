import { Context } from '@temporalio/activity';
import type { Instance } from '../domain/instance.ts';
import type { Grading, Trajectory } from '../domain/trajectory.ts';
import {
  brief,
  differenceOf,
  differingTests,
  type Verified,
  type VerifyEntry,
} from '../domain/verification.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { VerifySandboxActivities } from './contract-verify.ts';
import type { GradeDeps } from './grade.ts';
import { gradePatch, gradingSandboxes } from './grading/grade-patch.ts';
import { noteDisagreement } from './grading/health.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readMended } from './mended.ts';
import { isDamage, readConfig, readInstance } from './stored.ts';

/** What it takes to grade a trajectory again. */
interface Stored {
  readonly trajectory: Trajectory;
  readonly grading: Grading;
  readonly instance: Instance;
  readonly instanceRef: string;
}

/** The activity that grades a stored patch again. */
export function createVerifyTrajectoryActivity(deps: GradeDeps): VerifySandboxActivities {
  const { artifacts, sandboxes } = deps;

  async function verifyTrajectory(
    input: Parameters<VerifySandboxActivities['verifyTrajectory']>[0],
  ): Promise<Verified> {
    return await heartbeatWhile(async (signal) => {
      const { entry, run } = input;
      const stored = await readStored(artifacts, run, entry);
      if ('outcome' in stored) return stored;
      const sandbox = await sandboxes.choose(input.sandbox);
      const { workflowExecution, attempt } = Context.current().info;
      // Named so that hosts find whose sandboxes these are.
      const nameOf = (of: number) =>
        `${workflowExecution?.workflowId ?? run}/judge/verify-${input.position}/attempt-${of}`;
      const left = attempt > 1 ? gradingSandboxes(nameOf(attempt - 1)) : [];
      await Promise.all(left.map((name) => sandbox.close(name)));
      const { instance, instanceRef, grading } = stored;
      const { rewardPower } = await readConfig(artifacts, input.config);
      const again = await gradePatch({
        ...deps,
        sandbox,
        run,
        name: nameOf(attempt),
        signal,
        instance,
        instanceRef,
        patch: grading.patch,
        rewardPower,
        verifyShare: 0,
        fresh: true,
      });
      return await compared(artifacts, entry, stored, again);
    });
  }

  return { verifyTrajectory };
}

async function compared(
  artifacts: Artifacts,
  { path }: VerifyEntry,
  { grading, instance, instanceRef }: Stored,
  again: Grading,
): Promise<Verified> {
  const detail = differenceOf(grading, again);
  if (detail !== '') {
    const { instanceId } = instance;
    Context.current().log.error('a grading disagrees with the stored one', { path, instanceId, detail });
    const { environment, patch } = again;
    // Another environment, or a rule that has changed since, says nothing of how steady the instance is.
    if (environment === grading.environment && differingTests(grading, again).length > 0)
      await noteDisagreement(artifacts, { instanceRef, environment, where: 'verify', patch });
  }
  return {
    outcome: detail === '' ? 'agrees' : 'disagrees',
    path,
    instanceId: instance.instanceId,
    stored: { reward: grading.reward, resolved: grading.resolved },
    again: { reward: again.reward, resolved: again.resolved },
    detail,
  };
}

/** Reads a trajectory and its instance, or says why there is nothing to grade. */
async function readStored(artifacts: Artifacts, run: string, entry: VerifyEntry): Promise<Stored | Verified> {
  const without = (outcome: Verified['outcome'], detail: string, of?: Trajectory): Verified => ({
    outcome,
    path: entry.path,
    instanceId: of?.instanceId ?? null,
    stored: null,
    again: null,
    detail: brief(detail),
  });
  const trajectory = await readTrajectory(artifacts, run, entry);
  if (trajectory === null) return without('damaged', 'its record is lost, or not what was recorded');
  const { grading, instance: instanceRef, status } = trajectory;
  if (status !== 'scored') return without('unscored', '', trajectory);
  if (grading === null) return without('damaged', 'it is scored and has no grading', trajectory);
  if (instanceRef === undefined) {
    return without('failed', 'it does not name its instance: it was recorded by 0.2 or earlier', trajectory);
  }
  try {
    const instance = await readInstance(artifacts, instanceRef);
    return { trajectory, grading, instance, instanceRef };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return without(
      'damaged',
      `its instance: ${error instanceof Error ? error.message : String(error)}`,
      trajectory,
    );
  }
}

/** By the hash that its group was told, else by its file alone; null where neither is whole. */
async function readTrajectory(
  artifacts: Artifacts,
  run: string,
  { path, trajectory: hash }: VerifyEntry,
): Promise<Trajectory | null> {
  const copies = async () => await Promise.resolve([path]);
  if (hash !== null) return (await readMended(artifacts, hash, run, copies)) as Trajectory | null;
  try {
    const value: unknown = JSON.parse((await artifacts.readRunFile(run, path)) ?? '');
    return typeof value === 'object' && value !== null && 'status' in value ? (value as Trajectory) : null;
  } catch {
    return null;
  }
}
