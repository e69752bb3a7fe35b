import type { RecordActivities } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** The activities that ask or time the Temporal server itself; `isRunning` says whether a workflow of that id runs. */
export function createServerActivities(
  isRunning: (workflowId: string) => Promise<boolean>,
): Pick<RecordActivities, 'closedWorkflows' | 'noop'> {
  async function closedWorkflows(input: { readonly ids: readonly string[] }): Promise<readonly string[]> {
    return await heartbeatWhile(async () => {
      const running = await Promise.all(input.ids.map((id) => isRunning(id)));
      return input.ids.filter((_, i) => running[i] === false);
    });
  }

  return { closedWorkflows, noop };
}

/** Nothing: the time around it is what matters. */
async function noop(): Promise<void> {
  await Promise.resolve();
}
