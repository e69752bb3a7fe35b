import type { Client } from '@temporalio/client';
import { startOnce } from './start-once.ts';

/** The workflow type of a verification. */
const VERIFY = 'verify';

/**
 * Starts the verification of a run, or finds the one that goes on with the same input: two at once would write to the same
 * files.
 */
export async function startVerify(
  client: Client,
  input: Readonly<Record<string, unknown>> & { readonly run: string },
): Promise<{ readonly workflowId: string; readonly attached: boolean }> {
  const workflowId = `${input.run}/verify`;
  const { attached } = await startOnce(client, {
    type: VERIFY,
    workflowId,
    input,
    asked: JSON.stringify(input),
    summary: `grades the trajectories of ${input.run} again`,
    refusal: (goesOn) =>
      `${input.run} is being verified already, with ${goesOn}: wait for it, or end it: ` +
      `temporal workflow cancel --workflow-id ${workflowId}`,
  });
  return { workflowId, attached };
}
