import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  ServiceError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import { allAgree, disagreementRate, type Verified, type VerifyProgress } from '../domain/verification.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Output } from './output.ts';
import { number, percent } from './progress-line.ts';
import { QUERY_NAMES } from './queries.ts';

/** No oftener: each poll has a worker look at the workflow. */
const POLL_MS = 1000;
/** Where no terminal shows the live line, a plain one comes this often. */
const PLAIN_LINE_MS = 30_000;
const QUERY_MS = 5000;

/** Shows a verification until it ends, or until the signal says to leave it alone. Rejects unless all agree. */
export async function followVerify(followed: {
  readonly client: Client;
  readonly workflowId: string;
  /** Folder of the artifact store. */
  readonly store: string;
  readonly output: Output;
  readonly json: boolean;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { client, workflowId, store, output, json, signal } = followed;
  const result = client.workflow.getHandle(workflowId).result() as Promise<VerifyProgress>;
  const end = result.then(
    () => 'ended' as const,
    () => 'ended' as const,
  );
  const detached = (signal.aborted ? Promise.resolve() : once(signal, 'abort')).then(
    () => 'detached' as const,
  );
  const show = createShow(output);
  for (;;) {
    const asked = await Promise.race([askVerify(client, workflowId), detached]);
    if (asked !== 'detached' && asked !== null) show(asked);
    const next = await Promise.race([end, detached, sleep(POLL_MS, 'poll' as const, { ref: false })]);
    if (next === 'ended') break;
    if (next === 'detached') {
      output.say(`detached; ${workflowId} goes on. Come back with the same command`);
      return;
    }
  }
  const progress = await result.catch((error: unknown) => {
    throw new CommandError(`${workflowId} failed: ${messageOf(error)}`, { cause: error });
  });
  await report(progress, store, output, json);
}

/** "verify 12/40: 11 agrees, 1 disagrees". */
export function verifyLine({ checked, total, outcomes }: VerifyProgress): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return [`verify ${checked}/${total}`, ...(counts.length === 0 ? [] : [counts.join(', ')])].join(': ');
}

/** One trajectory that does not agree, in one line. */
export function verifiedLine({ outcome, path, instanceId, stored, again, detail }: Verified): string {
  const name = `${instanceId ?? 'instance not known'} (${path})`;
  if (stored === null || again === null) return `${outcome}: ${name}: ${detail}`;
  return `${outcome}: ${name}: reward ${number(stored.reward)} is ${number(again.reward)} again; ${detail}`;
}

async function report(progress: VerifyProgress, store: string, output: Output, json: boolean): Promise<void> {
  const { run, outcomes, checked } = progress;
  const artifacts = createFolderArtifacts(store);
  const all = notAgreedOf(await artifacts.readRunFile(run, 'verify.json')) ?? progress.examples;
  for (const one of all) {
    output.say(verifiedLine(one));
    if (json) output.data({ type: 'verified', ...wireOf(one) });
  }
  output.say(verifyLine(progress));
  const rate = disagreementRate(outcomes);
  if (rate !== null)
    output.say(`disagreement ${percent(rate)}; all of it: ${artifacts.runPath(run, 'verify.json')}`);
  if (json) output.data({ type: 'summary', run, checked, ...outcomes, disagreement_rate: rate });
  if (!allAgree(outcomes)) throw new CommandError(`not every grading of ${run} can be confirmed`);
}

/** All that do not agree, where this machine has the store; of the answer only the first are known. */
function notAgreedOf(text: string | null): readonly Verified[] | null {
  return text === null ? null : (JSON.parse(text) as { readonly notAgreed: readonly Verified[] }).notAgreed;
}

function wireOf({ outcome, path, instanceId, stored, again, detail }: Verified): Record<string, unknown> {
  return { outcome, instance_id: instanceId, trajectory: path, stored, again, detail };
}

/** How far it is; null while no worker answers, or none has begun. */
async function askVerify(client: Client, workflowId: string): Promise<VerifyProgress | null> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    return await client.withDeadline(Date.now() + QUERY_MS, () =>
      handle.query<VerifyProgress>(QUERY_NAMES.progress),
    );
  } catch (error) {
    if (error instanceof QueryNotRegisteredError || error instanceof WorkflowNotFoundError) return null;
    if (error instanceof ServiceError) return null;
    throw error;
  }
}

function createShow(output: Output): (progress: VerifyProgress) => void {
  let shownAtMs = 0;
  return (progress) => {
    const line = verifyLine(progress);
    output.live(line);
    const nowMs = Date.now();
    if (output.isLive || nowMs - shownAtMs < PLAIN_LINE_MS) return;
    shownAtMs = nowMs;
    output.say(line);
  };
}
