import { styleText } from 'node:util';
import type { TurnLink } from '../domain/trajectory.ts';
import { visible } from './visible.ts';

/** One link of a transcript as a person reads it. */
export function renderLink(link: TurnLink): string {
  if (link.kind === 'start') {
    return link.messages.map((message) => `${title(message.role)}\n${visible(message.content)}\n`).join('\n');
  }
  if (link.kind === 'tool') {
    const ending = link.timedOut ? ' (timed out)' : link.exitCode ? ` (exit code ${link.exitCode})` : '';
    return `${styleText('dim', `← ${visible(link.call.name)}${ending}`)}\n${visible(link.observation)}\n`;
  }
  const { reasoning, content, toolCalls } = link.message;
  const calls = toolCalls.map((call) =>
    styleText('cyan', visible(`→ ${call.name} ${readable(call.arguments)}`)),
  );
  const said = [
    reasoning === undefined ? '' : styleText('dim', visible(reasoning)),
    visible(content),
    ...calls,
  ];
  return `${title(`turn ${link.turn}`)}\n${said.filter((part) => part !== '').join('\n')}\n`;
}

function title(text: string): string {
  return styleText('bold', `── ${text}`);
}

/** Arguments of a call without JSON's quoting where they are a few plain texts. */
function readable(text: string): string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only !== undefined && typeof only[1] === 'string') return only[1];
  return entries
    .map(([name, one]) => `${name}=${typeof one === 'string' ? one : JSON.stringify(one)}`)
    .join(' ');
}
