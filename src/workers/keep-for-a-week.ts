import { msToTs } from '@temporalio/common';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';

/** The embedded server's own default is a day: Friday night's run would be gone on Monday. */
const RETENTION_MS = 7 * 24 * 3600_000;

/** Has the embedded server keep closed workflows for a week; one's own server keeps them as it was told to. */
export async function keepForAWeek(
  connection: NativeConnection,
  namespace: string,
  logger: Logger,
): Promise<void> {
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace });
    if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) * 1000 >= RETENTION_MS) return;
    const workflowExecutionRetentionTtl = msToTs(RETENTION_MS);
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl },
    });
  } catch (error) {
    // Another worker may have been quicker; and a run is not lost with its place in a list.
    logger.debug({ reason: String(error) }, 'the retention of the namespace was not changed');
  }
}
