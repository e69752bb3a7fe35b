import type { TurnLink } from './trajectory.ts';

/** One training sample; arrays share one length T. */
export interface Sample {
  readonly rollout: string;
  readonly group: number;
  readonly tokens: readonly number[];
  /** 1 where the token is the model's own, and so in the loss. */
  readonly mask: readonly number[];
  /** The sampler's logprobs where mask is 1, else 0. */
  readonly logprobs: readonly number[];
  readonly advantage: number;
}

/**
 * Joins a trajectory's turns into samples by token ids: turn k+1 goes on with the sample of turn k when its prompt
 * begins with that turn's prompt and completion; otherwise it begins another sample. Text is never tokenised again.
 * Returns null where any turn lacks token ids or logprobs.
 */
export function samplesOf(
  turns: readonly TurnLink[],
  of: { readonly rollout: string; readonly group: number; readonly advantage: number },
): Sample[] | null {
  const samples: { tokens: number[]; mask: number[]; logprobs: number[] }[] = [];
  let current: { tokens: number[]; mask: number[]; logprobs: number[] } | undefined;
  for (const turn of turns) {
    if (turn.kind !== 'model') continue;
    const { promptTokenIds: prompt, completionTokenIds: completion, logprobs } = turn;
    if (
      prompt === null ||
      completion === null ||
      logprobs === null ||
      logprobs.length !== completion.length
    ) {
      return null;
    }
    if (current === undefined || !startsWith(prompt, current.tokens)) {
      current = { tokens: [], mask: [], logprobs: [] };
      samples.push(current);
    }
    const observed = prompt.slice(current.tokens.length);
    append(
      current,
      observed,
      0,
      observed.map(() => 0),
    );
    append(current, completion, 1, logprobs);
  }
  return samples.map((sample) => ({ ...sample, ...of }));
}

function startsWith(tokens: readonly number[], prefix: readonly number[]): boolean {
  return prefix.length <= tokens.length && prefix.every((token, i) => tokens[i] === token);
}

function append(
  sample: { tokens: number[]; mask: number[]; logprobs: number[] },
  tokens: readonly number[],
  mask: 0 | 1,
  logprobs: readonly number[],
): void {
  for (const [i, token] of tokens.entries()) {
    sample.tokens.push(token);
    sample.mask.push(mask);
    sample.logprobs.push(logprobs[i] ?? 0);
  }
}
