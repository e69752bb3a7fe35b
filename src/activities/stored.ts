import { SteadfastError } from '../domain/failures.ts';
import type { Instance } from '../domain/instance.ts';
import type { RunConfig } from '../domain/run-config.ts';
import type { Grading } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';

/*
 * Readers of what the project itself stored. A blob is checked by its hash when it is read, so its content is what
 * was written, and the types say what that was.
 */

/** Reads a run's configuration. */
export async function readConfig(artifacts: Artifacts, sha256: string): Promise<RunConfig> {
  return (await artifacts.getJson(sha256)) as RunConfig;
}

/** Reads an instance. */
export async function readInstance(artifacts: Artifacts, sha256: string): Promise<Instance> {
  return (await artifacts.getJson(sha256)) as Instance;
}

/** Reads a grading. */
export async function readGrading(artifacts: Artifacts, sha256: string): Promise<Grading> {
  return (await artifacts.getJson(sha256)) as Grading;
}

/** Whether an artifact was lost or changed on disk, so that it must be made again or done without. */
export function isDamage(error: unknown): boolean {
  return (
    error instanceof SteadfastError &&
    (error.type === 'Artifact.Missing' || error.type === 'Artifact.Corrupt')
  );
}
