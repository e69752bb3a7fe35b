import type { TurnLink } from './trajectory.ts';

/** What stands in the place of an observation that was left out. */
export const LEFT_OUT = '(left out to make room; run the command again if its output is needed)';

/** Characters of a token of code, at the least: where the endpoint counts its tokens, its own count is taken. */
const CHARACTERS = 3;

/** Once there is too little room, enough is made for a while: each time the prompt no longer begins as the one before. */
const FULL_AFTERWARDS = 0.7;

/**
 * The transcript with as many of its oldest observations left out as keep each prompt and its reply within a context of
 * `limit` tokens. A function of the links alone: what was left out of an earlier prompt stays out of the later ones. The
 * observations of the newest turn stay, whatever they take.
 */
export function withinContext(
  links: readonly TurnLink[],
  { limit, reply }: { readonly limit: number; readonly reply: number },
): readonly TurnLink[] {
  const kept = [...links];
  let tokens = 0;
  let next = 0;
  for (const [i, link] of links.entries()) {
    if (link.kind === 'model') tokens = afterReply(tokens, link);
    else tokens += lengthOf(link) / CHARACTERS;
    const isTurnOver = links[i + 1] === undefined || links[i + 1]?.kind === 'model';
    if (link.kind === 'model' || !isTurnOver || tokens + reply <= limit) continue;
    const newest = links.slice(0, i + 1).findLastIndex(({ kind }) => kind === 'model');
    for (; next < newest && tokens + reply > FULL_AFTERWARDS * limit; next++) {
      const old = kept[next];
      if (old?.kind !== 'tool' || old.observation.length <= LEFT_OUT.length) continue;
      kept[next] = { ...old, observation: LEFT_OUT };
      tokens -= (old.observation.length - LEFT_OUT.length) / CHARACTERS;
    }
  }
  return kept;
}

/** Tokens of the conversation with a reply of the model at its end. */
function afterReply(before: number, link: Extract<TurnLink, { kind: 'model' }>): number {
  if (link.usage !== null) return link.usage.promptTokens + link.usage.completionTokens;
  return before + lengthOf(link) / CHARACTERS;
}

function lengthOf(link: TurnLink): number {
  if (link.kind === 'tool') return link.observation.length;
  if (link.kind === 'start') return link.messages.reduce((sum, { content }) => sum + content.length, 0);
  const { content, toolCalls } = link.message;
  return toolCalls.reduce((sum, call) => sum + call.name.length + call.arguments.length, content.length);
}
