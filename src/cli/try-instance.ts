import { createFolderArtifacts } from '../adapters/artifacts/folder.ts';
import type { AdvantageKind } from '../domain/advantage.ts';
import { createConversations } from './conversations.ts';
import { followRun } from './follow.ts';
import { comeBackTo, failureOf } from './follow-to-end.ts';
import { groupTable, shortRollout } from './group-table.ts';
import { withNewRun } from './new-run.ts';
import { createOutput } from './output.ts';
import { waitingLine } from './platform.ts';
import { readEnvironment } from './run-input.ts';
import { newRunName } from './start-run.ts';
import { createTrajectoryReader } from './trajectory-lines.ts';
import { tryInput } from './try-input.ts';

/** Runs one instance in inference mode, prints what is said, and then rewards and advantages. */
export async function tryInstance(
  args: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>>,
): Promise<void> {
  const config = readEnvironment();
  const output = createOutput({ json: false });
  const artifacts = createFolderArtifacts(config.store);
  const run = newRunName('try');
  const input = await tryInput({ args, own, config, cwd: process.cwd(), run });
  await withNewRun({ config, artifacts, output, run, input }, async (client, signal) => {
    const conversations = createConversations(client, artifacts, output, run);
    const onPoll = async () => await conversations.print();
    const waiting = waitingLine(config);
    const followed = {
      client,
      workflowId: run,
      run,
      artifacts,
      output,
      json: false,
      signal,
      waiting,
      onPoll,
    };
    const summary = await followRun(followed).catch((error: unknown) => {
      throw failureOf(run, error);
    });
    if (summary === null) output.say(`detached; come back with: ${comeBackTo(run).join('  or  ')}`);
    else {
      const trajectories = await createTrajectoryReader(artifacts, run)();
      output.say(groupTable(trajectories, kindOf(input['advantage']), Number(input['seed'] ?? 0)));
      for (const { rollout, failure } of trajectories)
        if (failure !== null) output.say(`${shortRollout(rollout)} failed: ${failure.message}`);
    }
  });
}

function kindOf(advantage: unknown): AdvantageKind {
  // The input was checked before.
  return typeof advantage === 'string' ? (advantage as AdvantageKind) : 'mean';
}
