import { auditTranscript } from '../../../../src/domain/audit/audit.ts';
import type { AuditSubject } from '../../../../src/domain/audit/theme.ts';
import type { Finding } from '../../../../src/domain/findings.ts';
import type { ToolCall } from '../../../../src/domain/messages.ts';
import type { TurnLink } from '../../../../src/domain/trajectory.ts';

/** A repository whose tests/test_table.py decides. */
export const SUBJECT: AuditSubject = {
  decidingFiles: new Set(['tests/test_table.py']),
  isHarness: (path) => /(?:^|\/)(?:conftest\.py|pytest\.ini|setup\.cfg|pyproject\.toml|tox\.ini)$/.test(path),
  repo: 'swesmith/google__textfsm.c31b6007',
};

/** A call as a model writes it, with what it was answered. */
export interface Call {
  readonly name?: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly observation?: string;
  readonly exitCode?: number | null;
}

/** The links of calls, a turn each. */
export function turnsOf(calls: readonly Call[]): TurnLink[] {
  return calls.map((call, i) => toolLink(i + 1, call));
}

/** A bash call with its output. */
export function bash(command: string, observation = 'Exit code: 0\nOutput:\n'): Call {
  return { arguments: { command }, observation };
}

/** A call of the editor. */
export function edit(fields: Readonly<Record<string, unknown>>, exitCode = 0): Call {
  return { name: 'str_replace_editor', arguments: fields, exitCode };
}

/** What the audit finds in calls, one after another. */
export function findingsOf(calls: readonly Call[], subject: AuditSubject = SUBJECT): readonly Finding[] {
  return auditTranscript(turnsOf(calls), subject);
}

function toolLink(
  turn: number,
  { name = 'bash', arguments: given, observation = '', exitCode = 0 }: Call,
): TurnLink {
  const call: ToolCall = { id: `c${turn}`, name, arguments: JSON.stringify(given) };
  return {
    kind: 'tool',
    parent: 'p',
    turn,
    call,
    observation,
    exitCode,
    timedOut: false,
    outOfMemory: false,
    startedAt: '',
    durationMs: 1,
  };
}
