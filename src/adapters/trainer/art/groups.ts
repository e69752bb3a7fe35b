import { z } from 'zod';
import type { Reply, Spoken } from '../../../domain/conversation.ts';
import type { Message, ToolDefinition } from '../../../domain/messages.ts';
import type { TrainStepRequest } from '../../../ports/trainer.ts';
import { messageToWire, toolToWire } from '../../model/to-wire.ts';
import { readBatchFile } from '../batch-file.ts';

/** A reply of the policy, as an OpenAI-compatible endpoint gives it and ART trains on it. */
interface Choice {
  readonly finish_reason: 'stop';
  readonly index: 0;
  readonly logprobs: {
    readonly content: readonly {
      readonly token: string;
      readonly bytes: readonly number[] | null;
      readonly logprob: number;
      readonly top_logprobs: readonly [];
    }[];
    readonly refusal: null;
  };
  readonly message: { readonly role: 'assistant'; readonly content: string; readonly refusal: null };
}

interface History {
  readonly messages_and_choices: readonly (Choice | Readonly<Record<string, unknown>>)[];
  readonly tools: readonly Readonly<Record<string, unknown>>[] | null;
}

interface ArtTrajectory extends History {
  readonly additional_histories: readonly History[];
  readonly reward: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly logs: readonly string[];
}

/** A trajectory group as ART takes it. */
export interface TrajectoryGroup {
  readonly trajectories: readonly ArtTrajectory[];
  readonly exceptions: readonly [];
  readonly metadata: Readonly<Record<string, string | number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly logs: readonly string[];
}

/** The batch file is ours, and checked by its hash; this is what it has to hold to be one of conversations. */
const batchSchema = z.object({
  groups: z
    .array(
      z.object({
        group: z.int(),
        instanceId: z.string(),
        members: z.array(
          z.object({
            rollout: z.string(),
            reward: z.number(),
            tools: z.array(z.custom<ToolDefinition>()),
            conversations: z.array(z.array(z.custom<Spoken>())),
          }),
        ),
      }),
    )
    .min(1),
});

type BatchGroup = z.infer<typeof batchSchema>['groups'][number];

/** Reads a batch file of conversations as trajectory groups. */
export async function readGroups(batch: TrainStepRequest['batch']): Promise<TrajectoryGroup[]> {
  return (await readBatchFile(batch, batchSchema)).groups.map(groupOf);
}

/** A group as ART takes it: its rewards, and of each reply the ids and logprobs that it was sampled with. */
export function groupOf({ group, instanceId, members }: BatchGroup): TrajectoryGroup {
  const trajectories = members.map(({ rollout, reward, tools, conversations }): ArtTrajectory => {
    const shown = tools.length === 0 ? null : tools.map(toolToWire);
    const histories = conversations.map((spoken): History => {
      return { messages_and_choices: spoken.map(spokenOnWire), tools: shown };
    });
    // One that cannot be trained on has no reply, and sets the mean of its group all the same.
    const { messages_and_choices, tools: own } = histories[0] ?? { messages_and_choices: [], tools: null };
    return {
      messages_and_choices,
      tools: own,
      additional_histories: histories.slice(1),
      reward,
      metrics: {},
      metadata: { rollout },
      logs: [],
    };
  });
  const metadata = { group, instance_id: instanceId };
  return { trajectories, exceptions: [], metadata, metrics: {}, logs: [] };
}

function spokenOnWire(spoken: Spoken): History['messages_and_choices'][number] {
  return 'reply' in spoken ? choiceOf(spoken.reply) : plain(spoken.message);
}

function plain(message: Message): Readonly<Record<string, unknown>> {
  return messageToWire(message);
}

/**
 * Calls of tools are in the ids already: ART puts them in the place of the whole reply, and calls that stood beside them
 * would be written into its prompts a second time.
 */
function choiceOf({ content, tokenIds, logprobs }: Reply): Choice {
  const thinks = content.startsWith(THINK);
  const tokens = tokenIds.map((id, i) => ({
    // As vLLM writes a token's id in place of its text, where ART asks it to.
    token: `token_id:${id}`,
    // By the text of the first one ART sees whether the reply brings the tag that its template would add.
    bytes: thinks && i === 0 ? [...Buffer.from(THINK)] : null,
    logprob: logprobs[i] ?? 0,
    top_logprobs: [] as const,
  }));
  return {
    finish_reason: 'stop',
    index: 0,
    logprobs: { content: tokens, refusal: null },
    message: { role: 'assistant', content, refusal: null },
  };
}

const THINK = '<think>';
