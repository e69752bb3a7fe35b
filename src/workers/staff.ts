import { Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Connected } from './connect.ts';
import type { Deps } from './deps.ts';

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
    // Beats are timed by the activities, at a third of their timeout; held back here for longer than that, those of a short
    // timeout would come too late, and cancellations, which arrive with them, too.
    maxHeartbeatThrottleInterval: '500 ms',
    ...options,
  });
}
