import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Connected } from './connect.ts';
import type { Deps } from './deps.ts';
import type { AskRunning } from './sweep.ts';

/** Workers of a role, and what is to be stopped with them. */
export interface Staff {
  readonly workers: readonly Worker[];
  readonly stop: () => void;
}

/** What a role is made of. */
export interface RoleContext extends Connected {
  readonly config: Config;
  readonly deps: Deps;
  readonly logger: Logger;
  /** Whether the search attributes are registered. */
  readonly searchable: boolean;
}

/** Makes a worker with the options that all have in common. */
export async function hire(
  { connection, namespace }: Connected,
  options: Omit<WorkerOptions, 'connection' | 'namespace'>,
): Promise<Worker> {
  return await Worker.create({
    connection,
    namespace,
    // Longer than a heartbeat's throttle, shorter than a supervisor's patience of 10 s.
    shutdownGraceTime: '6 s',
    // Cancellations arrive with heartbeats: at the SDK's own 80% of the timeout a rollout would take 24 s to hear of one.
    maxHeartbeatThrottleInterval: '4 s',
    ...options,
  });
}

/** Asks the server about workflows. */
export function askOf({ connection, namespace }: Connected): AskRunning {
  const client = new Client({ connection, namespace });
  return async (workflowId) => {
    try {
      return (await client.workflow.getHandle(workflowId).describe()).status.name === 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  };
}
