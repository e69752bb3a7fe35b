import type { Client } from '@temporalio/client';
import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import { allAgree, disagreementRate, type Verified, type VerifyProgress } from '../domain/verification.ts';
import { CommandError, messageOf } from './errors.ts';
import type { Output } from './output.ts';
import { number, percent } from './progress-line.ts';
import { pollToEnd } from './poll-to-end.ts';
import { queryVerify } from './queries.ts';
import { createShow } from './show-progress.ts';

/** Shows a verification until it ends, or until the signal says to leave it alone. Rejects unless all agree. */
export async function followVerify(followed: {
  readonly client: Client;
  readonly workflowId: string;
  /** Folder of the artifact store. */
  readonly store: string;
  readonly output: Output;
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** Said while no worker answers. */
  readonly waiting: string;
}): Promise<void> {
  const { client, workflowId, store, output, json, signal } = followed;
  const show = createShow<VerifyProgress>(output, {
    waiting: followed.waiting,
    line: verifyLine,
    stage: () => 'answered',
  });
  const ended = await pollToEnd<VerifyProgress, VerifyProgress>({
    client,
    workflowId,
    signal,
    ask: async () => await queryVerify(client, workflowId),
    onProgress: show,
  });
  if (ended === null) {
    output.say(`detached; ${workflowId} goes on. Come back with the same command`);
    return;
  }
  const progress = await ended.result.catch((error: unknown) => {
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
