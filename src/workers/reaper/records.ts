import type { Logger } from 'pino';
import { writeTrajectory } from '../../activities/record-trajectory.ts';
import { fileSafe, trajectoryPath } from '../../domain/ids.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { HistoryServer, ListedWorkflow } from './history-server.ts';
import { headOf, inputOf, owedRecord } from './unrecorded.ts';

/** Two looks within the minute in which everything of a run has to be over. */
export const RECORDS_EVERY_MS = 20_000;
/** A records worker that was away for longer leaves what it missed. */
const LOOK_BACK_MS = 24 * 3_600_000;
/** What was on its way when a rollout was terminated may still be written, the rollout's own record above all. */
const SETTLING_MS = 5000;
/** A group closes its sandboxes first; only then is it asked again. */
const ASK_AGAIN_MS = 60_000;

/** Workflows that end like this write no record of their own. */
const UNRECORDED = "('Terminated', 'TimedOut', 'Failed')";
/** A run that ended like this took its rollouts with it. */
const GIVEN_UP: ReadonlySet<string> = new Set(['CANCELLED', 'TERMINATED']);

/** What the reaper of records works with. */
export interface RecordsReaperDeps {
  readonly server: HistoryServer;
  readonly artifacts: Artifacts;
  readonly logger: Logger;
}

/**
 * Writes the records that terminated rollouts owe, cancels groups whose run has closed, and drops snapshots that nobody
 * needs. Everything written follows from what is stored, so several of these may work at once.
 */
export class RecordsReaper {
  /** Executions that need no further look. */
  private readonly settled = new Set<string>();
  private readonly asked = new Map<string, number>();
  private readonly deps: RecordsReaperDeps;

  constructor(deps: RecordsReaperDeps) {
    this.deps = deps;
  }

  /** One look; what fails is logged and looked at again next time. */
  async look(nowMs = Date.now()): Promise<void> {
    await this.each('missing records', () => this.writeMissing(nowMs));
    await this.each('groups of closed runs', () => this.cancelOrphans(nowMs));
    await this.each('stale snapshots', () => this.dropSnapshots(nowMs));
  }

  private async writeMissing(nowMs: number): Promise<void> {
    const since = new Date(nowMs - LOOK_BACK_MS).toISOString();
    const query = `WorkflowType = 'rollout' AND ExecutionStatus IN ${UNRECORDED} AND CloseTime > '${since}'`;
    for await (const workflow of this.deps.server.list(query)) {
      const isFresh = nowMs - Date.parse(workflow.closedAt ?? '') < SETTLING_MS;
      if (isFresh || this.settled.has(workflow.runId)) continue;
      await this.each(workflow.workflowId, () => this.record(workflow));
    }
  }

  private async record(workflow: ListedWorkflow): Promise<void> {
    const { server, artifacts, logger } = this.deps;
    const events = await server.history(workflow);
    const input = inputOf(events);
    if (input !== null) {
      const { startedAt, status, closedAt, root, workflowId } = workflow;
      const ofRun = root === workflowId ? null : await server.status(root);
      const withItsRun = ofRun !== null && GIVEN_UP.has(ofRun);
      const owed = owedRecord(input, headOf(events), { startedAt, status, withItsRun });
      if ((await artifacts.readRunFile(owed.run, trajectoryPath(owed.run, owed.rollout))) === null) {
        await writeTrajectory(artifacts, owed, closedAt ?? startedAt);
        logger.info(
          { rollout: owed.rollout, status: owed.status },
          'wrote the record of a rollout that could not',
        );
      }
    }
    this.settled.add(workflow.runId);
  }

  private async cancelOrphans(nowMs: number): Promise<void> {
    const { server, logger } = this.deps;
    const isOpen = new Map<string, boolean>();
    for await (const { workflowId, root } of server.list(
      "WorkflowType = 'group' AND ExecutionStatus = 'Running'",
    )) {
      if (root === workflowId || nowMs - (this.asked.get(workflowId) ?? 0) < ASK_AGAIN_MS) continue;
      if (!isOpen.has(root)) isOpen.set(root, (await server.status(root)) === 'RUNNING');
      if (isOpen.get(root) === true) continue;
      this.asked.set(workflowId, nowMs);
      logger.info({ group: workflowId, run: root }, 'cancelling a group whose run has closed');
      await this.each(workflowId, () => server.cancel(workflowId));
    }
  }

  /** Of rollouts with a record, in runs that go on or have just closed. */
  private async dropSnapshots(nowMs: number): Promise<void> {
    const since = new Date(nowMs - LOOK_BACK_MS).toISOString();
    const query = `WorkflowType = 'train' AND (ExecutionStatus = 'Running' OR CloseTime > '${since}')`;
    const runs = new Set<string>();
    for await (const { workflowId } of this.deps.server.list(query)) runs.add(fileSafe(workflowId));
    for (const run of runs) await this.each(run, () => this.dropSnapshotsOf(run));
  }

  private async dropSnapshotsOf(run: string): Promise<void> {
    const { artifacts } = this.deps;
    const files = await artifacts.listRunFiles(run, 'snapshots');
    // The folders are the rollout's id, part by part.
    const rollouts = new Set(files.map((file) => file.slice(0, file.lastIndexOf('/'))));
    for (const rollout of rollouts) {
      if ((await artifacts.readRunFile(run, trajectoryPath(run, rollout))) === null) continue;
      await artifacts.dropSnapshots(run, rollout, []);
    }
  }

  private async each(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      // A server without lists is no fault of this installation's; one that is away is back by the next look.
      this.deps.logger.debug({ what, reason: String(error) }, 'not reaped; looked at again');
    }
  }
}
