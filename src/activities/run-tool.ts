import { SteadfastError } from '../domain/failures.ts';
import { sandboxName } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { HostActivities, ToolInput, ToolOutput } from './contract-sandbox.ts';
import { goneForGood } from './gone-for-good.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { keptState } from './sandbox-state.ts';
import type { Sandboxes } from './sandboxes.ts';
import { readConfig } from './stored.ts';
import { callTool } from './tools/call-tool.ts';
import { appendLink, newestModelLink } from './transcript.ts';

/** The activity that carries out one tool call on the host that holds the sandbox. */
export function createToolActivities(deps: {
  readonly artifacts: Artifacts;
  readonly sandboxes: Sandboxes;
}): Pick<HostActivities, 'runTool'> {
  const { artifacts, sandboxes } = deps;

  /**
   * Turn and call are the command's key, so a retry adopts a command that runs or has ended. What it changed lies off the
   * host before this completes: from then on the call need not be made again, whatever becomes of the host.
   */
  async function runTool(input: ToolInput): Promise<ToolOutput> {
    return await heartbeatWhile(async (signal, isCurrent) => {
      const [{ agent, sandbox: choice }, turn] = await Promise.all([
        readConfig(artifacts, input.config),
        newestModelLink(artifacts, input.head),
      ]);
      const call = turn.message.toolCalls[input.call];
      if (call === undefined || turn.turn !== input.turn) {
        const held = `turn ${turn.turn} with ${turn.message.toolCalls.length} calls`;
        throw new SteadfastError(
          'Artifact.Corrupt',
          `the transcript ${input.head} of ${input.rollout} ends in ${held}; asked for call ${input.call} of turn ${input.turn}`,
        );
      }
      const sandbox = await sandboxes.choose(choice);
      const { run, rollout } = input;
      const name = sandboxName(rollout, input.epoch);
      const startedAt = new Date();
      const key = `${input.turn}-${input.call}`;
      const { fingerprint, ...outcome } = await goneForGood(
        async () => await callTool(call, { sandbox, name, key, agent, signal }),
      );
      const durationMs = Date.now() - startedAt.getTime();
      const owner = { artifacts, sandbox, name, run, rollout, isCurrent };
      const state = await goneForGood(async () => await keptState(owner, input.state, fingerprint));
      const head = await appendLink(artifacts, {
        kind: 'tool',
        parent: input.head,
        turn: input.turn,
        call,
        ...outcome,
        startedAt: startedAt.toISOString(),
        durationMs,
      });
      return { head, state, exitCode: outcome.exitCode, timedOut: outcome.timedOut, durationMs };
    });
  }

  return { runTool };
}
