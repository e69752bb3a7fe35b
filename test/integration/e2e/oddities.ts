import assert from 'node:assert/strict';
import type { Trajectory } from '../../../src/domain/trajectory.ts';
import {
  type ChatBody,
  type Completion,
  type ScriptedOptions,
  send,
} from '../../support/scripted-endpoint.ts';

/** An endpoint that is odd in one way, and how every rollout against it has to end. */
export interface Oddity {
  readonly name: string;
  readonly endpoint: ScriptedOptions;
  readonly options?: readonly string[];
  readonly stopReason?: string;
  readonly reward?: number;
  readonly mask?: string | null;
  readonly check?: (trajectory: Trajectory, requests: readonly ChatBody[]) => void;
}

/** Changes the calls of an answer that has some. */
function withCalls(
  change: (calls: readonly Record<string, unknown>[]) => readonly unknown[],
): (completion: Completion) => unknown {
  return inMessages(({ tool_calls: calls, ...message }) =>
    calls === undefined ? message : { ...message, tool_calls: change(calls as Record<string, unknown>[]) },
  );
}

/** Changes the message of every answer. */
function inMessages(
  change: (message: Record<string, unknown>) => Record<string, unknown>,
): (completion: Completion) => unknown {
  return ({ choices, ...rest }) => ({
    ...rest,
    choices: choices.map(({ message, ...choice }) => ({ ...choice, message: change({ ...message }) })),
  });
}

function look(id: string): Record<string, unknown> {
  return { id, type: 'function', function: { name: 'bash', arguments: '{"command": "pwd"}' } };
}

function toolTurns({ turns }: Trajectory) {
  return turns.filter((turn) => turn.kind === 'tool');
}

function modelTurns({ turns }: Trajectory) {
  return turns.filter((turn) => turn.kind === 'model');
}

/** What an endpoint says of a conversation that outgrew its model. */
const OVERFLOW = {
  error: {
    message:
      "This model's maximum context length is 512 tokens. However, your messages resulted in 600 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
};

export const ODDITIES: readonly Oddity[] = [
  {
    name: 'no tool calls: fenced blocks in plain text',
    endpoint: { plainText: true },
    options: ['--tool-protocol', 'text'],
  },
  {
    name: 'reasoning beside an empty answer',
    endpoint: { reshape: inMessages((message) => ({ ...message, content: null, reasoning_content: 'Hm.' })) },
    check(trajectory, requests) {
      assert.ok(modelTurns(trajectory).every(({ message }) => message.reasoning === 'Hm.'));
      const replies = requests.flatMap(({ messages }) => messages.filter(({ role }) => role === 'assistant'));
      assert.ok(replies.length > 0);
      assert.ok(replies.every(({ reasoning_content: thought }) => thought === 'Hm.'));
    },
  },
  {
    name: 'calls in parallel',
    endpoint: { reshape: withCalls((calls) => [look('first'), ...calls, look('last')]) },
    check(trajectory) {
      const called = toolTurns(trajectory).map(({ turn, call }) => `${turn} ${call.id}`);
      assert.deepEqual(called.slice(0, 3), ['1 first', `1 ${called[1]?.split(' ')[1]}`, '1 last']);
      assert.equal(called.length, 6);
    },
  },
  {
    name: 'a hundred calls at once',
    endpoint: {
      reshape: withCalls((calls) => [...calls, ...Array.from({ length: 99 }, (_, i) => look(`look-${i}`))]),
    },
    check(trajectory) {
      const unrun = toolTurns(trajectory).filter(({ observation }) => observation.startsWith('Not run:'));
      assert.equal(unrun.length, 2 * (100 - 16));
    },
  },
  {
    name: 'no usage',
    endpoint: { reshape: (completion) => without(completion, 'usage') },
    check(trajectory) {
      assert.ok(modelTurns(trajectory).every(({ usage }) => usage === null));
    },
  },
  {
    name: 'no token ids or logprobs',
    endpoint: { tokenIds: false },
    check(trajectory) {
      assert.equal(trajectory.trainable, false);
    },
  },
  {
    name: 'token ids and logprobs',
    endpoint: { tokenIds: true },
    check(trajectory) {
      assert.equal(trajectory.trainable, true);
    },
  },
  {
    name: 'calls without ids',
    endpoint: { reshape: withCalls((calls) => calls.map((call) => without(call, 'id'))) },
  },
  {
    name: 'the same id for every call',
    endpoint: {
      reshape: withCalls((calls) => [look('same'), ...calls.map((call) => ({ ...call, id: 'same' }))]),
    },
    check(trajectory) {
      for (const turn of [1, 2]) {
        const ids = toolTurns(trajectory).flatMap((one) => (one.turn === turn ? one.call.id : []));
        assert.equal(new Set(ids).size, 2);
      }
    },
  },
  {
    name: 'the function_call of old',
    endpoint: {
      reshape: inMessages(({ tool_calls: calls, ...message }) => {
        const [call] = (calls ?? []) as readonly { readonly function: unknown }[];
        return call === undefined ? message : { ...message, function_call: call.function };
      }),
    },
  },
  {
    name: 'arguments as an object, content in parts',
    endpoint: {
      reshape: inMessages(({ tool_calls: calls, content, ...message }) => ({
        ...message,
        content: [{ type: 'text', text: content }],
        ...(calls === undefined ? {} : { tool_calls: (calls as { function: Fn }[]).map(withObject) }),
      })),
    },
  },
  {
    name: 'a context that the conversation outgrows',
    endpoint: {
      answer(body, response) {
        if (body.messages.length < 4) return false;
        send(response, 400, OVERFLOW);
        return true;
      },
    },
    stopReason: 'context_overflow',
    reward: 0.2,
    mask: 'context_overflow',
  },
  {
    name: 'an answer that was cut off at the limit of its tokens',
    endpoint: {
      reshape: ({ choices, ...rest }, body) => ({
        ...rest,
        choices: choices.map((choice) =>
          body.messages.length < 4
            ? choice
            : { ...choice, message: { role: 'assistant', content: 'I wil' }, finish_reason: 'length' },
        ),
      }),
    },
    stopReason: 'output_truncated',
    reward: 0.2,
  },
  {
    name: 'a completion that the server broke off, with status 200',
    endpoint: {
      answer(body, response, n) {
        if (n % 2 === 1) return false;
        const message = { role: 'assistant', content: `I wil, after ${body.messages.length} messages` };
        send(response, 200, { choices: [{ message, finish_reason: 'abort' }] });
        return true;
      },
    },
    check(trajectory) {
      assert.ok(modelTurns(trajectory).every(({ message }) => !message.content.startsWith('I wil')));
    },
  },
  {
    name: 'nothing at all in a message',
    endpoint: { reshape: inMessages(() => ({ role: 'assistant', content: null })) },
    reward: 0.2,
  },
  {
    name: 'errors, garbage and broken connections between the answers',
    endpoint: {
      faults: {
        rateLimit: 0.15,
        serverError: 0.15,
        garbage: 0.15,
        hangUp: 0.15,
        seed: 4,
        retryAfterSeconds: 0,
      },
    },
  },
];

interface Fn {
  readonly name: string;
  readonly arguments: string;
}

function withObject({ function: called, ...call }: { readonly function: Fn }): Record<string, unknown> {
  return { ...call, function: { ...called, arguments: JSON.parse(called.arguments) as unknown } };
}

function without(value: Readonly<Record<string, unknown>>, field: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== field));
}
