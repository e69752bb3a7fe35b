import { conversationsOf, type PromptRules, type Spoken } from '../domain/conversation.ts';
import type { ToolDefinition } from '../domain/messages.ts';
import type { Trajectory } from '../domain/trajectory.ts';
import { byRollout, type GroupRecord } from './group-record.ts';

/** A member of a group that counts: its reward, and its conversations where it can be trained on. */
interface MemberConversations {
  readonly rollout: string;
  readonly reward: number;
  readonly tools: readonly ToolDefinition[];
  /** None where nothing of it can be trained on: its reward stands in its group's mean all the same. */
  readonly conversations: readonly (readonly Spoken[])[];
}

/** A trajectory group of a batch file, for a trainer that makes advantages and tokens of it itself. */
export interface GroupConversations {
  readonly group: number;
  readonly instanceId: string;
  readonly members: readonly MemberConversations[];
}

/** A recorded group as conversations; `read` gives a member's trajectory, or null where it is lost. */
export async function conversationsOfGroup(
  record: GroupRecord,
  rules: PromptRules,
  read: (rollout: string, hash: string) => Promise<Trajectory | null>,
): Promise<GroupConversations> {
  const members: MemberConversations[] = [];
  for (const { rollout, advantage, reward, trajectory } of record.members) {
    if (advantage === null || reward === null) continue;
    const found = trajectory === null ? null : await read(rollout, trajectory);
    const isWhole = found !== null && found.metrics?.['transcriptDamaged'] !== 1;
    const conversations = (isWhole ? conversationsOf(found.turns, rules) : null) ?? [];
    const tools = rules.toolProtocol === 'text' ? [] : (found?.tools ?? []);
    members.push({ rollout, reward, tools, conversations });
  }
  members.sort(byRollout);
  return { group: record.group, instanceId: record.instanceId, members };
}
