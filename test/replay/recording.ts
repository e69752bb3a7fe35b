import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { TASK_QUEUES } from '../../src/domain/ids.ts';
import type { train } from '../../src/workflows/index.ts';
import type { AllActivities } from '../support/stub-run.ts';
import { withWorkers } from '../support/stub-workers.ts';

export type RunHandle = WorkflowHandleWithFirstExecutionRunId<typeof train>;

/** Runs workflows on a server and writes their histories into a release's folder. */
export class Recording {
  readonly env: TestWorkflowEnvironment;
  private readonly folder: string;

  constructor(env: TestWorkflowEnvironment, release: string) {
    this.env = env;
    this.folder = join(import.meta.dirname, 'histories', release);
  }

  /** Starts a run of the stubs' data. */
  async started(workflowId: string, carried = {}): Promise<RunHandle> {
    return await this.env.client.workflow.start<typeof train>('train', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [{ data: 'data.jsonl' }, carried],
    });
  }

  /** Does something while workers with these activities run. */
  async inRun(name: string, activities: AllActivities, body: () => Promise<void>): Promise<void> {
    console.log(`recording ${name}`);
    await withWorkers(this.env, activities, body);
  }

  /** Writes one workflow's history, without the machine's name and paths in it. */
  async keep(workflowId: string, name: string, runId?: string): Promise<void> {
    const history = await this.env.client.workflow.getHandle(workflowId, runId).fetchHistory();
    const json = historyToJSON(history)
      .replaceAll(/"stackTrace": ?"(?:[^"\\]|\\.)*"/g, '"stackTrace": ""')
      .replaceAll(`@${hostname()}`, '@host');
    await mkdir(this.folder, { recursive: true });
    await writeFile(join(this.folder, `${name}.json`), `${json}\n`);
  }
}
