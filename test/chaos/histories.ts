import type { History } from '@temporalio/common/lib/proto-utils.js';
import type { ChaosWorld } from './world.ts';

/** A workflow of a run, as visibility has it. */
export interface Listed {
  readonly workflowId: string;
  readonly type: string;
  readonly status: string;
}

/** An activity that a history tells of. */
export interface ActivityRun {
  readonly name: string;
  readonly queue: string;
  readonly scheduledAt: number;
  /** Of the attempt that ended; null for one that never started. */
  readonly startedAt: number | null;
  readonly attempt: number;
  /** Null for one that never ended. */
  readonly endedAt: number | null;
  readonly completed: boolean;
}

export type Events = NonNullable<History['events']>;

/** Every workflow of a run, its own included. */
export async function workflowsOf(world: ChaosWorld, run: string): Promise<readonly Listed[]> {
  const found: Listed[] = [];
  const query = `WorkflowId STARTS_WITH "${run}"`;
  for await (const { workflowId, type, status } of world.client.workflow.list({ query })) {
    if (workflowId === run || workflowId.startsWith(`${run}/`)) {
      found.push({ workflowId, type, status: status.name });
    }
  }
  return found;
}

export async function eventsOf(world: ChaosWorld, workflowId: string): Promise<Events> {
  return (await world.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

/** The activities of a history, in the order in which they were scheduled. */
export function activitiesOf(events: Events): readonly ActivityRun[] {
  const runs = new Map<string, ActivityRun>();
  for (const event of events) {
    const at = msOf(event.eventTime);
    const scheduled = event.activityTaskScheduledEventAttributes;
    const started = event.activityTaskStartedEventAttributes;
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (scheduled) {
      runs.set(String(event.eventId), {
        name: scheduled.activityType?.name ?? '',
        queue: scheduled.taskQueue?.name ?? '',
        scheduledAt: at,
        startedAt: null,
        attempt: 1,
        endedAt: null,
        completed: false,
      });
    } else if (started) {
      change(runs, started.scheduledEventId, { startedAt: at, attempt: started.attempt ?? 1 });
    } else if (ended) {
      const completed = Boolean(event.activityTaskCompletedEventAttributes);
      change(runs, ended.scheduledEventId, { endedAt: at, completed });
    }
  }
  return [...runs.values()];
}

/** From a moment until the last of the activities that it broke off had been started again; null when none was. */
export function activityRecovery(histories: readonly Events[], since: number): number | null {
  const waits = histories.flatMap((events) => {
    const again = activitiesOf(events).filter(
      ({ attempt, startedAt, scheduledAt }) =>
        attempt > 1 && startedAt !== null && startedAt > since && scheduledAt <= since,
    );
    const first = again.map(({ startedAt }) => startedAt ?? 0).toSorted((a, b) => a - b)[0];
    return first === undefined ? [] : [first - since];
  });
  return waits.length === 0 ? null : Math.max(...waits) / 1000;
}

/** How long the workflow tasks waited that were outstanding at a moment or came next; null when none was. */
export function workflowRecovery(histories: readonly Events[], since: number): number | null {
  const waits = histories.flatMap((events) => {
    let pending: number | null = null;
    for (const event of events) {
      const at = msOf(event.eventTime);
      if (event.workflowTaskScheduledEventAttributes) pending ??= at;
      if (!event.workflowTaskCompletedEventAttributes) continue;
      if (at > since && pending !== null) return [at - Math.max(since, pending)];
      pending = null;
    }
    return [];
  });
  return waits.length === 0 ? null : Math.max(...waits) / 1000;
}

/** A time of a history in ms since 1970. */
export function msOf(time: NonNullable<Events[number]['eventTime']> | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;
}

function change(
  runs: Map<string, ActivityRun>,
  id: { toString(): string } | null | undefined,
  to: Partial<ActivityRun>,
): void {
  const known = runs.get(String(id));
  if (known !== undefined) runs.set(String(id), { ...known, ...to });
}
