import type { ActivityOptions } from '@temporalio/workflow';
import type { RunContext } from './inputs.ts';

/** The line that a person reads in the event list (the server takes 400 bytes), under the heartbeat of the run. */
export function said(context: Pick<RunContext, 'heartbeatSeconds'>, summary: string): ActivityOptions {
  const { heartbeatSeconds } = context;
  return {
    summary: summary.slice(0, 100),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatTimeout: heartbeatSeconds * 1000 }),
  };
}
