import { parseArgs } from 'node:util';
import { TASK_QUEUES } from '../src/domain/ids.ts';
import type { rollout } from '../src/workflows/index.ts';
import { instanceNamed, STUB_CONTEXT, StubRun } from '../test/support/stub-run.ts';
import { withWorkers } from '../test/support/stub-workers.ts';
import { startTemporal } from '../test/support/temporal.ts';

/*
 * What one rollout leaves in Temporal: events, bytes and its largest payload, read back from a real server. The
 * activities are stubs whose answers have the size of real ones. `node bench/history.ts [--turns 30] [--calls 1]`;
 * exits with 1 when the default rollout is above the limits.
 */
const LIMITS = { events: 450, bytes: 128 * 1024, payload: 16 * 1024 };

const { values } = parseArgs({
  options: { turns: { type: 'string', default: '30' }, calls: { type: 'string', default: '1' } },
});
const turns = Number(values.turns);
const stub = new StubRun();
// Every turn calls a tool, so the rollout ends at its limit of turns.
stub.turns = turns + 1;
stub.callsPerTurn = Number(values.calls);

const env = await startTemporal();
try {
  const workflowId =
    'swe-run-2026-11-22/g-000042/john-kurkowski__tldextract.3d1bf184.combine_file__a6mcbcb1/4.1';
  const [run = '', , instanceId = ''] = workflowId.split('/');
  const history = await withWorkers(env, stub.activities(), async () => {
    const handle = await env.client.workflow.start<typeof rollout>('rollout', {
      taskQueue: TASK_QUEUES.workflows,
      workflowId,
      args: [
        {
          context: { ...STUB_CONTEXT, run, maxSteps: turns, searchable: true },
          instance: instanceNamed(instanceId),
          group: 42,
          member: 4,
          attempt: 1,
          policy: { version: 12, model: `${run}@12`, apiBase: null },
        },
      ],
    });
    await handle.result();
    return { ...(await handle.fetchHistory()), size: (await handle.describe()).historySize };
  });
  const events = history.events?.length ?? 0;
  const bytes = history.size ?? 0;
  const payload = largestPayload(history.events);
  console.log(
    `${turns} turns of ${stub.callsPerTurn} calls: ${events} events, ${bytes} bytes, largest payload ${payload} bytes`,
  );
  console.log(
    `limits at 30 turns of 1 call: ${LIMITS.events} events, ${LIMITS.bytes} bytes, ${LIMITS.payload} bytes`,
  );
  const over = events >= LIMITS.events || bytes >= LIMITS.bytes || payload >= LIMITS.payload;
  if (over && turns <= 30 && stub.callsPerTurn <= 1) process.exitCode = 1;
} finally {
  await env.teardown();
}

/** The longest `data` of any payload in a history. */
function largestPayload(node: unknown): number {
  if (node === null || typeof node !== 'object' || node instanceof Uint8Array) return 0;
  const own = 'metadata' in node && 'data' in node && node.data instanceof Uint8Array ? node.data.length : 0;
  return Math.max(own, ...Object.values(node).map(largestPayload), 0);
}
