import type { AgentConfig } from '../../domain/run-config.ts';
import type { CommandResult, Sandbox } from '../../ports/sandbox.ts';
import { parseBashArguments } from '../../schemas/tool-arguments.ts';
import { cutMiddle } from './cut-middle.ts';
import { type ToolOutcome, refused } from './outcome.ts';

/** Where a tool call is carried out, and within what bounds. */
export interface ToolScene {
  readonly sandbox: Sandbox;
  /** The sandbox's name. */
  readonly name: string;
  /** Key of the call: a retry of it adopts the command instead of running it again. */
  readonly key: string;
  readonly agent: Pick<AgentConfig, 'commandTimeoutSeconds' | 'outputLimitCharacters'>;
  readonly signal: AbortSignal;
}

/** Carries out a call of `bash` in the rollout's own shell session. */
export async function runBash(raw: string, scene: ToolScene): Promise<ToolOutcome> {
  const parsed = parseBashArguments(raw);
  if (!parsed.ok) {
    return refused(`${parsed.problem} Nothing was run. Call bash with {"command": "…"}.`);
  }
  const { agent } = scene;
  const result = await scene.sandbox.run(
    scene.name,
    {
      key: scene.key,
      script: parsed.value.command,
      session: 'shell',
      timeoutMs: agent.commandTimeoutSeconds * 1000,
      outputBytes: outputBytes(agent.outputLimitCharacters),
    },
    scene.signal,
  );
  const { exitCode, timedOut, outOfMemory, fingerprint } = result;
  return { observation: observe(result, agent), exitCode, timedOut, outOfMemory, fingerprint };
}

/**
 * Bytes that the sandbox keeps for a limit in characters. A character has up to four, and a few more make sure that
 * the seam between head and tail lies in what is cut here.
 */
export function outputBytes(limitCharacters: number): number {
  return limitCharacters * 4 + 64;
}

function observe(result: CommandResult, agent: ToolScene['agent']): string {
  const lines = [`Exit code: ${result.exitCode ?? 'none'}`];
  if (result.timedOut) {
    lines.push(
      `The command was stopped after ${agent.commandTimeoutSeconds} s, its time limit. What it wrote to files is ` +
        'kept; working directory and exported variables are as they were before it.',
    );
  }
  if (result.outOfMemory) {
    lines.push('A process was ended because the sandbox ran out of memory. Use less of it at a time.');
  }
  lines.push(
    'Output:',
    cutMiddle(result.output.toWellFormed(), agent.outputLimitCharacters, result.droppedBytes),
  );
  return lines.join('\n');
}
