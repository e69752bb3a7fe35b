import type { ToolCall } from '../../src/domain/messages.ts';
import type { ModelRequest, ModelResponse } from '../../src/ports/model.ts';

/** A model that answers with the given calls, turn by turn, and keeps what it was asked. */
export function scriptedModel(...turns: readonly (readonly ToolCall[])[]) {
  const asked: ModelRequest[] = [];
  const sample = async (request: ModelRequest): Promise<ModelResponse> => {
    const toolCalls = turns[asked.length] ?? [];
    asked.push(request);
    const before = asked.length === 1 ? [1] : [1, 2, 9];
    return {
      message: { role: 'assistant', content: 'ok', toolCalls },
      promptTokenIds: before,
      completionTokenIds: [2],
      logprobs: [-0.5],
      finishReason: toolCalls.length > 0 ? 'tool_calls' : 'stop',
      usage: { promptTokens: before.length, completionTokens: 1 },
      model: request.model,
    };
  };
  return { asked, model: { sample, check: async () => undefined } };
}
