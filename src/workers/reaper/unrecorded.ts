import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import type { RecordTrajectoryInput } from '../../activities/contract.ts';
import { rolloutId } from '../../domain/ids.ts';
import { deriveSeed } from '../../domain/seeds.ts';
import type { RolloutInput } from '../../workflows/inputs.ts';

/** The part of a history's event that a record is made of. */
export interface HistoryEvent {
  readonly eventId?: { toString(): string } | null;
  readonly workflowExecutionStartedEventAttributes?: {
    readonly input?: { readonly payloads?: readonly Payload[] | null } | null;
  } | null;
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType?: { readonly name?: string | null } | null;
  } | null;
  readonly activityTaskCompletedEventAttributes?: {
    readonly scheduledEventId?: { toString(): string } | null;
    readonly result?: { readonly payloads?: readonly Payload[] | null } | null;
  } | null;
}

/** How a rollout ended that could not record itself. */
export interface Ending {
  readonly startedAt: string;
  /** The server's word: `TERMINATED`, `TIMED_OUT`, `FAILED`. */
  readonly status: string;
  /** Whether its run was cancelled or terminated, and this with it. */
  readonly withItsRun: boolean;
}

/** Activities that lengthen the transcript. */
const LENGTHENING: ReadonlySet<string> = new Set(['sampleTurn', 'runTool']);

/** What a rollout was started with, by its history's first event; null for one that is not ours. */
export function inputOf(events: readonly HistoryEvent[]): RolloutInput | null {
  const payload = events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  if (payload === undefined) return null;
  const input = defaultPayloadConverter.fromPayload<Partial<RolloutInput> | null>(payload);
  return input?.context === undefined || input.instance === undefined ? null : (input as RolloutInput);
}

/** The newest link of the transcript; null before the first turn. */
export function headOf(events: readonly HistoryEvent[]): string | null {
  const lengthening = new Set<string>();
  let head: string | null = null;
  for (const event of events) {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (typeof name === 'string' && LENGTHENING.has(name)) lengthening.add(String(event.eventId));
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed === undefined || completed === null) continue;
    if (!lengthening.has(String(completed.scheduledEventId))) continue;
    const payload = completed.result?.payloads?.[0];
    if (payload === undefined) continue;
    head = defaultPayloadConverter.fromPayload<{ head?: string } | null>(payload)?.head ?? head;
  }
  return head;
}

/** The record that a rollout owes, as the rollout itself would have asked for it. */
export function owedRecord(input: RolloutInput, head: string | null, ending: Ending): RecordTrajectoryInput {
  const { context, instance, group, member, attempt, policy } = input;
  const how = ending.status.toLowerCase().replaceAll('_', ' ');
  return {
    run: context.run,
    rollout: rolloutId(context.run, group, instance.instanceId, member, attempt),
    instance,
    config: context.config,
    policy,
    seed: deriveSeed(context.seed, group, member),
    ...(ending.withItsRun
      ? { status: 'cancelled', stopReason: 'cancelled', failure: null }
      : {
          status: 'failed',
          stopReason: 'failed',
          failure: { type: 'Terminated', message: `its workflow ${how === 'failed' ? '' : 'was '}${how}` },
        }),
    head,
    grading: null,
    startedAt: ending.startedAt,
  };
}
