import type { Events } from './histories.ts';

/** Of any payload: histories hold references and small facts. */
const PAYLOAD_BYTES = 16 * 1024;
/** Of a rollout of a few turns, faults included; one of 30 turns stays below 450 without them. */
const EVENTS = 450;

/** I7: what of a rollout's history is larger than it may be, in words. */
export function oversized(workflowId: string, events: Events): readonly string[] {
  const payload = largestPayload(events);
  return [
    ...(payload > PAYLOAD_BYTES ? [`a payload of ${workflowId} has ${payload} bytes`] : []),
    ...(events.length > EVENTS ? [`${workflowId} has ${events.length} events`] : []),
  ];
}

function largestPayload(node: unknown): number {
  if (node === null || typeof node !== 'object' || node instanceof Uint8Array) return 0;
  const own = 'metadata' in node && 'data' in node && node.data instanceof Uint8Array ? node.data.length : 0;
  return Math.max(own, ...Object.values(node).map(largestPayload), 0);
}
