import type { TurnLink } from '../trajectory.ts';
import type { FileWrite } from './effects.ts';
import { resolvedPath } from './paths.ts';
import { ShellSession, type CallActions } from './session.ts';

/** One tool call, read for the audit. */
export interface AuditedCall extends CallActions {
  /** `turn 3, call 1`. */
  readonly where: string;
  /** The script as it was written; '' for the editor's calls. */
  readonly script: string;
  readonly observation: string;
}

type ToolLink = Extract<TurnLink, { kind: 'tool' }>;

const NOTHING: CallActions = { commands: [], codes: [], writes: [], deletes: [] };

/** The tool calls of a transcript in order, each read in the state that those before it have left. */
export function auditedCalls(turns: readonly TurnLink[]): AuditedCall[] {
  const session = new ShellSession();
  const calls: AuditedCall[] = [];
  let [turn, count] = [-1, 0];
  for (const link of turns) {
    if (link.kind !== 'tool') continue;
    count = link.turn === turn ? count + 1 : 1;
    turn = link.turn;
    calls.push(callOf(link, `turn ${turn}, call ${count}`, session));
  }
  return calls;
}

/** A call that was refused, or whose arguments are not readable, did nothing. */
function callOf(link: ToolLink, where: string, session: ShellSession): AuditedCall {
  const { observation } = link;
  const given = argumentsOf(link.call.arguments);
  const text = (name: string): string => {
    const value = given[name];
    return typeof value === 'string' ? value : '';
  };
  if (link.call.name === 'bash') {
    const script = text('command');
    return { where, observation, script, ...session.run(script) };
  }
  // The editor resolves against /testbed, and says so when it has changed nothing.
  const path = link.call.name === 'str_replace_editor' ? resolvedPath(text('path'), '/testbed') : null;
  if (path === null || link.exitCode !== 0) return { where, observation, script: '', ...NOTHING };
  const write = editOf(text('command'), path, text);
  if (write !== null) session.note(write);
  return { where, observation, script: '', ...NOTHING, writes: write === null ? [] : [write] };
}

function editOf(command: string, path: string, text: (name: string) => string): FileWrite | null {
  if (command === 'create') return { path, text: text('file_text'), removed: '', whole: true };
  if (command === 'str_replace')
    return { path, text: text('new_str'), removed: text('old_str'), whole: false };
  return command === 'insert' ? { path, text: text('new_str'), removed: '', whole: false } : null;
}

function argumentsOf(raw: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
