import { messagesOf, promptOf, promptRules } from '../domain/conversation.ts';
import { withCommands } from '../domain/text-protocol.ts';
import type { TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Model } from '../ports/model.ts';
import { renderTemplate } from '../schemas/prompt-template.ts';
import type { ModelActivities, SampleInput, SampleOutput } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readConfig, readInstance } from './stored.ts';
import { summaryOf } from './tools/call-summary.ts';
import { TOOLS } from './tools/definitions.ts';
import { type ModelLink, appendLink, readTranscript } from './transcript.ts';

/** Calls of one turn that are carried out; those beyond are answered here, unrun, since each call needs an answer. */
const CALLS_PER_TURN = 16;

/** The activities that talk to the model. */
export function createModelActivities(deps: {
  readonly artifacts: Artifacts;
  readonly model: Model;
}): Pick<ModelActivities, 'checkModel' | 'sampleTurn'> {
  const { artifacts, model } = deps;

  async function checkModel(input: {
    readonly model: string;
    readonly apiBase: string | null;
  }): Promise<void> {
    await heartbeatWhile(async (signal) => await model.check(input.model, input.apiBase, signal));
  }

  async function sampleTurn(input: SampleInput): Promise<SampleOutput> {
    return await heartbeatWhile(async (signal) => {
      const { agent } = await readConfig(artifacts, input.config);
      const parent = input.head ?? (await begin(input));
      const startedAt = new Date();
      const links = await readTranscript(artifacts, parent);
      const isText = agent.toolProtocol === 'text';
      const answer = await model.sample(
        {
          model: input.policy.model,
          apiBase: input.policy.apiBase,
          messages: promptOf(links, promptRules(agent)),
          tools: isText ? [] : TOOLS,
          temperature: agent.temperature,
          maxTokens: agent.maxTokens,
          seed: input.seed,
          timeoutMs: agent.modelTimeoutSeconds * 1000,
        },
        signal,
      );
      const message = isText
        ? withCommands(answer.message, `call_${messagesOf(links).length}`)
        : answer.message;
      const response = { ...answer, message };
      const turn: ModelLink = {
        kind: 'model',
        parent,
        turn: input.turn,
        ...response,
        startedAt: startedAt.toISOString(),
        durationMs: Date.now() - startedAt.getTime(),
      };
      const head = await refuseSurplus(turn, await appendLink(artifacts, turn));
      return {
        head,
        finishReason: response.finishReason,
        calls: response.message.toolCalls.slice(0, CALLS_PER_TURN).map(summaryOf),
        usage: response.usage,
        durationMs: turn.durationMs,
      };
    });
  }

  /** The link that every transcript of an instance begins with. */
  async function begin(input: SampleInput): Promise<string> {
    const [{ agent }, instance] = await Promise.all([
      readConfig(artifacts, input.config),
      readInstance(artifacts, input.instance.ref),
    ]);
    const prompt = renderTemplate(agent.instancePromptTemplate, instance);
    const start: TurnLink = {
      kind: 'start',
      parent: null,
      messages: [
        ...(agent.systemPrompt === '' ? [] : [{ role: 'system', content: agent.systemPrompt } as const]),
        { role: 'user', content: prompt },
      ],
    };
    return await appendLink(artifacts, start);
  }

  async function refuseSurplus(turn: ModelLink, newest: string): Promise<string> {
    let head = newest;
    for (const call of turn.message.toolCalls.slice(CALLS_PER_TURN)) {
      head = await appendLink(artifacts, {
        kind: 'tool',
        parent: head,
        turn: turn.turn,
        call,
        observation: `Not run: at most ${CALLS_PER_TURN} tool calls are carried out a turn. Make it again if it is still needed.`,
        exitCode: null,
        timedOut: false,
        startedAt: turn.startedAt,
        durationMs: 0,
      });
    }
    return head;
  }

  return { checkModel, sampleTurn };
}
