import type { Client } from '@temporalio/client';
import type { Config } from '../config.ts';
import { fileSafe } from '../domain/ids.ts';
import { thisHost } from './host-images.ts';
import { startOnce } from './start-once.ts';

/** The workflow type of a pull. */
const PULL = 'pullImages';

/**
 * Starts the pull of a host, or finds the one that goes on there with the same input: two at once would not know of each
 * other's rate and budget.
 */
export async function startPull(
  client: Client,
  config: Config,
  input: Readonly<Record<string, unknown>>,
): Promise<{ readonly workflowId: string; readonly attached: boolean }> {
  const host = typeof input['host'] === 'string' ? fileSafe(input['host']) : thisHost(config);
  const workflowId = `pull-images-${host}`;
  const started = { ...input, host };
  const { attached } = await startOnce(client, {
    type: PULL,
    workflowId,
    input: started,
    asked: JSON.stringify(started),
    summary: `images of ${String(input['data'])} on ${host}`,
    refusal: (goesOn) =>
      `${host} is pulling already, with ${goesOn}: wait for it, or end it: ` +
      `temporal workflow cancel --workflow-id ${workflowId}`,
  });
  return { workflowId, attached };
}
