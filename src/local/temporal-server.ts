import { join } from 'node:path';
import type { Config } from '../config.ts';

/** A setting of the development server that differs from its default, and why. */
export interface ServerSetting {
  readonly flag: '--dynamic-config-value' | '--sqlite-pragma';
  readonly key: string;
  readonly value: string;
  readonly why: string;
}

/** What makes the development server fast enough to train on, without loss of what it has acknowledged to a crash of its process. */
export const serverSettings: readonly ServerSetting[] = [
  {
    flag: '--sqlite-pragma',
    key: 'journal_mode',
    value: 'WAL',
    why: 'a commit appends to a log instead of rewriting pages: six to eight times the activities a second',
  },
  {
    flag: '--sqlite-pragma',
    key: 'synchronous',
    value: 'NORMAL',
    why: "with WAL, the disk is awaited at checkpoints only; a process's death loses nothing, a power cut the last moments",
  },
  {
    flag: '--dynamic-config-value',
    key: 'history.transferProcessorMaxPollRPS',
    value: '2000',
    why: 'at its default of 20 each activity waits for the next poll of the task queue in the database: 100 ms',
  },
  {
    flag: '--dynamic-config-value',
    key: 'history.timerProcessorMaxPollRPS',
    value: '2000',
    why: 'the same default, for timers and retries',
  },
  {
    flag: '--dynamic-config-value',
    key: 'history.visibilityProcessorMaxPollRPS',
    value: '200',
    why: 'the same default, for lists of workflows; they may lag a little',
  },
  {
    flag: '--dynamic-config-value',
    key: 'system.enableActivityEagerExecution',
    value: 'true',
    why: 'a worker may be handed an activity in the answer that schedules it, which saves a round',
  },
];

/**
 * The development server's environment: its heap may grow to five times what is in use before it is collected, not to
 * twice, up to a size: histories are short-lived, and collecting them is a large part of what the server does. One's own
 * values stand.
 */
export function temporalEnvironment(environment: Config['environment']): Config['environment'] {
  return { GOGC: '400', GOMEMLIMIT: '2GiB', ...environment };
}

/** The file that holds the embedded server's state. */
export function databaseFile(config: Pick<Config, 'home'>): string {
  return join(config.home, 'temporal', 'temporal.db');
}

/** The arguments of `temporal` that start the embedded server. */
export function temporalArguments(
  config: Pick<Config, 'home' | 'temporalPort' | 'uiPort' | 'temporalNamespace'>,
  settings: readonly ServerSetting[] = serverSettings,
): string[] {
  return [
    ['server', 'start-dev', '--headless=false', '--log-level', 'warn', '--db-filename', databaseFile(config)],
    ['--ip', '127.0.0.1', '--port', String(config.temporalPort), '--ui-port', String(config.uiPort)],
    ['--namespace', config.temporalNamespace],
    ...settings.map(({ flag, key, value }) => [flag, `${key}=${value}`]),
  ].flat();
}
