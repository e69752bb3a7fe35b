import { parseEditorArguments } from '../../schemas/tool-arguments.ts';
import { type ToolScene, outputBytes } from './bash.ts';
import { cutMiddle } from './cut-middle.ts';
import { type ToolOutcome, refused } from './outcome.ts';

/** Isolated (-I) and without site (-S), so that no file of the repository is imported in place of the library. */
const EDITOR = 'python3 -I -S -B /opt/steadfast/guest/editor.py';

/** An edit is a matter of milliseconds; a view of a folder on a loaded machine may take longer. */
const TIMEOUT_MS = 60_000;

/** Carries out a call of `str_replace_editor` by the guest's editor, as the agent. */
export async function runEditor(raw: string, scene: ToolScene): Promise<ToolOutcome> {
  const parsed = parseEditorArguments(raw);
  if (!parsed.ok)
    return refused(`${parsed.problem} Nothing was changed. Correct the call and send it again.`);
  const limit = scene.agent.outputLimitCharacters;
  const result = await scene.sandbox.run(
    scene.name,
    {
      key: scene.key,
      script: EDITOR,
      session: 'plain',
      stdin: JSON.stringify(parsed.value),
      timeoutMs: TIMEOUT_MS,
      outputBytes: outputBytes(limit),
    },
    scene.signal,
  );
  const { exitCode, timedOut, outOfMemory, fingerprint } = result;
  if (timedOut) {
    const observation = 'The editor was stopped after 60 s. View the file to see whether the edit was made.';
    return { observation, exitCode, timedOut, outOfMemory, fingerprint };
  }
  const observation = cutMiddle(result.output.toWellFormed().trimEnd(), limit, result.droppedBytes);
  return { observation, exitCode, timedOut, outOfMemory, fingerprint };
}
