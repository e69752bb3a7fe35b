import type { ToolCall } from '../../domain/messages.ts';
import { type ToolScene, runBash } from './bash.ts';
import { TOOLS } from './definitions.ts';
import { runEditor } from './editor.ts';
import { type ToolOutcome, refused } from './outcome.ts';

const RUNNERS: Readonly<Record<string, (raw: string, scene: ToolScene) => Promise<ToolOutcome>>> = {
  bash: runBash,
  str_replace_editor: runEditor,
};

/** Carries out one tool call; whatever the model wrote, it gets an observation. */
export async function callTool(call: ToolCall, scene: ToolScene): Promise<ToolOutcome> {
  const runner = Object.hasOwn(RUNNERS, call.name) ? RUNNERS[call.name] : undefined;
  if (runner !== undefined) return await runner(call.arguments, scene);
  const names = TOOLS.map((tool) => tool.name).join(' and ');
  return refused(
    call.name === ''
      ? `This tool call could not be read: it must be a JSON object with a name and arguments. The tools are ${names}.`
      : `There is no tool ${JSON.stringify(call.name.slice(0, 60))}. The tools are ${names}.`,
  );
}
