import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { TASK_QUEUES } from '../domain/ids.ts';
import type { probe } from '../workflows/probe.ts';
import { CommandError } from './errors.ts';
import { withClient } from './temporal-client.ts';

/** Asks the server for its version and times a few activities that do nothing; throws when it cannot. */
export async function timeServer(config: Config): Promise<{ version: string; activityMs: number }> {
  return await withClient(config, async (client) => {
    const system = await client.workflowService.getSystemInfo({});
    const version = system.serverVersion === '' ? 'of an unknown version' : system.serverVersion;
    const handle = await client.workflow.start<typeof probe>('probe', {
      workflowId: `probe-${randomUUID()}`,
      taskQueue: TASK_QUEUES.workflows,
      args: [],
      workflowExecutionTimeout: '15s',
    });
    try {
      const { meanMs } = await handle.result();
      return { version, activityMs: meanMs };
    } catch (error) {
      throw new CommandError(`server ${version} answers, but no worker took its tasks in 15 s`, {
        cause: error,
      });
    }
  });
}
