import type { ToolCall } from '../../domain/messages.ts';

/** A call in one line of at most 100 characters, "bash: pytest -q", for people who watch a workflow. */
export function summaryOf(call: ToolCall): string {
  const line = `${call.name || 'unreadable call'}: ${gist(call)}`.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `${line.slice(0, 99).toWellFormed()}…` : line;
}

function gist(call: ToolCall): string {
  let given: unknown;
  try {
    given = JSON.parse(call.arguments);
  } catch {
    return call.arguments;
  }
  if (typeof given !== 'object' || given === null) return call.arguments;
  const text = (name: string) => {
    const value: unknown = Reflect.get(given, name);
    return typeof value === 'string' ? value : '';
  };
  return [text('command'), text('path')].filter((part) => part !== '').join(' ') || call.arguments;
}
