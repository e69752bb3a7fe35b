/** A name that is safe in file names, Docker labels and model names: letters, digits, `.`, `_`, `-`. */
export function fileSafe(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 120);
}

/** The id of a group: numbered as dispatched, `<run>/g-000042`. */
export function groupId(run: string, group: number): string {
  return `${run}/g-${String(group).padStart(6, '0')}`;
}

/** The id of a rollout: `<run>/g-000042/<instance_id>/<member>.<attempt>`. */
export function rolloutId(
  run: string,
  group: number,
  instanceId: string,
  member: number,
  attempt: number,
): string {
  return `${groupId(run, group)}/${instanceId}/${member}.${attempt}`;
}

/** The name of a rollout's n-th sandbox: the rollout's id, `~<n>` after it from the second on. */
export function sandboxName(rollout: string, epoch: number): string {
  return epoch === 1 ? rollout : `${rollout}~${epoch}`;
}

/** The name of step `n`'s folder under checkpoints: `step-0012`. */
export function stepName(step: number): string {
  return `step-${String(step).padStart(4, '0')}`;
}

/** The model name that samples from a run's policy version: `<run>@12`. */
export function policyModel(run: string, version: number): string {
  return `${run}@${version}`;
}

/**
 * The name by which a sampler elsewhere has a policy version loaded: `@` is not for all of them. `content` is the SHA-256 of
 * the version's manifest: a run that was deleted and made again under its name has other weights at the same step.
 */
export function adapterName({ run, step }: PolicyVersion, content: string): string {
  return `${run}-${stepName(step)}-${content.slice(0, 8)}`;
}

/** Reads such a name of a run's policy version; null for any other name. */
export function adapterVersionOf(name: string, run: string): PolicyVersion | null {
  const [, step, content = ''] = /-step-(\d{4,9})-([0-9a-f]{8})$/.exec(name) ?? [];
  const version = step === undefined ? null : policyVersionOf(policyModel(run, Number(step)));
  return version !== null && adapterName(version, content) === name ? version : null;
}

/** A policy version: its run, its step, and where its checkpoint stands in the run's folder. */
export interface PolicyVersion {
  readonly run: string;
  readonly step: number;
  readonly path: string;
}

/** Reads `<run>@12`; null for the name of any other model. */
export function policyVersionOf(model: string): PolicyVersion | null {
  const [, run, text] = /^([A-Za-z0-9][A-Za-z0-9._-]*)@(\d{1,9})$/.exec(model) ?? [];
  if (run === undefined) return null;
  const step = Number(text);
  return { run, step, path: `checkpoints/${stepName(step)}` };
}

/** The task queue of one sandbox host. */
export function hostQueue(host: string): string {
  return `steadfast-sandbox-${host}`;
}

/** The task queue of one sandbox host's images: a pull takes minutes, and nothing may wait on the host's own queue. */
export function imageQueue(host: string): string {
  return `steadfast-images-${host}`;
}

/** Task queues by what runs on them. */
export const TASK_QUEUES = {
  workflows: 'steadfast',
  records: 'steadfast-records',
  sandbox: 'steadfast-sandbox',
  model: 'steadfast-model',
  trainer: 'steadfast-trainer',
} as const;

/** Where a rollout's record stands in its run's folder: `trajectories/g-000042-<instance_id>-<member>.<attempt>.json`. */
export function trajectoryPath(run: string, rollout: string): string {
  const parts = (rollout.startsWith(`${run}/`) ? rollout.slice(run.length + 1) : rollout).split('/');
  const last = parts.length > 1 ? parts.pop() : undefined;
  // Only the middle may be shortened: group and member tell two rollouts apart.
  const name = [fileSafe(parts.join('-')), ...(last === undefined ? [] : [fileSafe(last)])].join('-');
  return `trajectories/${name}.json`;
}
