import type { ScheduleOptions } from '@temporalio/client';
import { TASK_QUEUES } from '../domain/ids.ts';
import { CommandError } from './errors.ts';
import { TRAIN } from './find-run.ts';

/** A missed firing is made up for when the server was away no longer than this. */
const CATCHUP_WINDOW = '10m';

/** What a nightly run is made of. */
export interface Nightly {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The schedule that starts `train`; a firing is skipped while the one before goes on. */
export function scheduleOf(nightly: Nightly): ScheduleOptions {
  const { name, cron, timeZone, input } = nightly;
  return {
    scheduleId: name,
    spec: { cronExpressions: [cron], timezone: timeZone },
    policies: { overlap: 'SKIP', catchupWindow: CATCHUP_WINDOW },
    action: {
      type: 'startWorkflow',
      workflowType: TRAIN,
      taskQueue: TASK_QUEUES.workflows,
      workflowId: name,
      args: [input],
    },
  };
}

/** The `temporal` command that makes the same schedule. */
export function temporalCommand(nightly: Nightly): string {
  const { name, cron, timeZone, input } = nightly;
  const options: [string, string][] = [
    ['schedule-id', name],
    ['cron', cron],
    ['time-zone', timeZone],
    ['overlap-policy', 'Skip'],
    ['catchup-window', CATCHUP_WINDOW],
    ['workflow-id', name],
    ['task-queue', TASK_QUEUES.workflows],
    ['type', TRAIN],
    ['input', JSON.stringify(input)],
  ];
  const words = options.map(([option, value]) => `  --${option} ${quoted(value)}`);
  return ['temporal schedule create', ...words].join(' \\\n');
}

/** Refuses what a schedule cannot have. */
export function checkNightly(nightly: Nightly): void {
  if (nightly.input['run'] !== undefined) {
    throw new CommandError(
      `a nightly config must not name a run (it names ${JSON.stringify(nightly.input['run'])}): the second night would collide with the first`,
    );
  }
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/.test(nightly.name)) {
    throw new CommandError(
      `the name ${JSON.stringify(nightly.name)} cannot be used; expected letters, digits, ".", "_" and "-", 80 at most`,
    );
  }
  try {
    Intl.DateTimeFormat('en', { timeZone: nightly.timeZone });
  } catch (error) {
    throw new CommandError(
      `the time zone ${JSON.stringify(nightly.timeZone)} is unknown; expected a name such as Europe/Berlin or UTC`,
      { cause: error },
    );
  }
}

function quoted(value: string): string {
  return /^[A-Za-z0-9._/:@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
