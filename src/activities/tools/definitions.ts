import type { ToolDefinition } from '../../domain/messages.ts';
import { bashArguments, editorArguments, parametersOf } from '../../schemas/tool-arguments.ts';

/** The tools of every rollout, as the model is told of them and as trajectories record them. */
export const TOOLS: readonly ToolDefinition[] = [
  {
    name: 'bash',
    description:
      'Runs a command with bash in the sandbox that holds the repository at /testbed. Working directory and exported ' +
      'variables are kept from call to call. There is no network and no terminal. Background processes end with their ' +
      'command; a command that runs too long is stopped. Long output is cut in its middle.',
    parameters: parametersOf(bashArguments),
  },
  {
    name: 'str_replace_editor',
    description:
      'Views and edits text files. view shows a file with line numbers, or the files below a folder. create writes a ' +
      'new file. str_replace replaces a text that occurs exactly once. insert puts lines after a line. undo_edit ' +
      'takes the last edit of a file back.',
    parameters: parametersOf(editorArguments),
  },
];
