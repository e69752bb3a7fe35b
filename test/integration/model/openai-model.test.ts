import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../../src/domain/messages.ts';
import { refused, serve, stop } from '../../support/model-endpoint.ts';
import { send } from '../../support/scripted-endpoint.ts';

test('asks for token ids and logprobs, and reads them', async () => {
  const { model, request, requests } = await serve({ tokenIds: true });
  const response = await model.sample(request());
  assert.equal(response.finishReason, 'tool_calls');
  assert.equal(response.message.toolCalls[0]?.name, 'bash');
  assert.equal(response.completionTokenIds?.length, response.logprobs?.length);
  assert.equal(response.promptTokenIds?.length, response.usage?.promptTokens);
  const [body] = requests;
  assert.deepEqual(
    [
      body?.['return_token_ids'],
      body?.['logprobs'],
      body?.['seed'],
      body?.['temperature'],
      body?.['max_tokens'],
    ],
    [true, true, 3, 0.7, 50],
  );
});

test('says null where the endpoint gives none', async () => {
  const { model, request } = await serve();
  const { promptTokenIds, completionTokenIds, logprobs } = await model.sample(request());
  assert.deepEqual([promptTokenIds, completionTokenIds, logprobs], [null, null, null]);
});

const TURN: readonly Message[] = [
  { role: 'user', content: 'Fix it.' },
  {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: 'a', name: 'ba sh', arguments: '{"comm' }],
    tokenIds: [1, 2],
  },
  { role: 'tool', content: 'no', toolCallId: 'a' },
];

test('exact token ids go back to a server of ours only', async () => {
  const ours = await serve({ ownedBy: 'steadfast' });
  await ours.model.sample(ours.request(TURN));
  assert.deepEqual(ours.requests[0]?.messages[1]?.token_ids, [1, 2]);
  await stop();
  const other = await serve();
  await other.model.sample(other.request(TURN));
  assert.equal(other.requests[0]?.messages[1]?.token_ids, undefined);
});

test('a malformed call goes back as a valid one that holds the words of the model', async () => {
  const { model, request, requests } = await serve();
  await model.sample(request(TURN));
  assert.deepEqual(requests[0]?.messages[1], {
    role: 'assistant',
    content: null,
    tool_calls: [
      {
        id: 'a',
        type: 'function',
        function: { name: 'ba_sh', arguments: JSON.stringify({ malformed_arguments: '{"comm' }) },
      },
    ],
  });
});

test('reasoning goes back, to whoever takes it', async () => {
  const thought = TURN.map((message) =>
    message.role === 'assistant' ? { ...message, reasoning: 'hm' } : message,
  );
  const taking = await serve();
  await taking.model.sample(taking.request(thought));
  assert.equal(taking.requests[0]?.messages[1]?.reasoning_content, 'hm');
  await stop();
  const ours = await serve({ ownedBy: 'steadfast' });
  await ours.model.sample(ours.request(thought));
  assert.equal(ours.requests[0]?.messages[1]?.reasoning_content, undefined, 'its tokens go back');
  await stop();
  const strict = await serve({
    answer: ({ messages }, response) => {
      const at = messages.findIndex((message) => 'reasoning_content' in message);
      if (at === -1) return false;
      const loc = ['body', 'messages', at, 'reasoning_content'];
      send(response, 422, { detail: [{ loc, msg: 'Extra inputs are not permitted' }] });
      return true;
    },
  });
  for (const asked of [2, 3]) {
    await strict.model.sample(strict.request(thought));
    assert.equal(strict.requests.length, asked);
  }
});

test('a parameter that is refused by name is left out, from then on', async () => {
  const { model, request, requests } = await serve({
    tokenIds: true,
    answer: (body, response) => {
      if ('return_token_ids' in body) {
        send(response, 400, {
          error: { message: 'Unrecognized request argument supplied: return_token_ids' },
        });
        return true;
      }
      if ('max_tokens' in body) {
        const message = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        send(response, 400, { error: { message, param: 'max_tokens', code: 'unsupported_parameter' } });
        return true;
      }
      if ('seed' in body) {
        send(response, 422, { detail: [{ loc: ['body', 'seed'], msg: 'Extra inputs are not permitted' }] });
        return true;
      }
      return false;
    },
  });
  const response = await model.sample(request());
  assert.ok(response.logprobs !== null && response.promptTokenIds === null);
  assert.equal(requests.length, 4);
  await model.sample(request());
  assert.equal(requests.length, 5);
  assert.equal(requests[4]?.['max_completion_tokens'], 50);
});

test('logprobs of another temperature than was asked for are not kept', async () => {
  const { model, request } = await serve({
    tokenIds: true,
    answer: (body, response) => {
      if (!('temperature' in body)) return false;
      const message =
        "Unsupported value: 'temperature' does not support 0.7. Only the default (1) is supported.";
      send(response, 400, { error: { message, param: 'temperature', code: 'unsupported_value' } });
      return true;
    },
  });
  const response = await model.sample(request());
  assert.deepEqual([response.logprobs, response.refused], [null, ['temperature']]);
});

const choice = (message: unknown) => ({ choices: [{ message }] });
const CALLS: readonly [string, unknown, readonly unknown[]][] = [
  ['no id', { tool_calls: [{ function: { name: 'bash', arguments: '{}' } }] }, [['call_1_0', 'bash', '{}']]],
  [
    'one id twice',
    { tool_calls: [0, 1].map(() => ({ id: 'x', function: { name: 'bash', arguments: '{' } })) },
    [
      ['x', 'bash', '{'],
      ['call_1_1', 'bash', '{'],
    ],
  ],
  [
    'arguments as an object',
    { tool_calls: [{ id: 'a', function: { name: 'bash', arguments: { command: 'ls' } } }] },
    [['a', 'bash', '{"command":"ls"}']],
  ],
  ['the legacy shape', { function_call: { name: 'bash', arguments: '{}' } }, [['call_1_0', 'bash', '{}']]],
  ['a call that is text', { tool_calls: ['<bash>'] }, [['call_1_0', '', '<bash>']]],
  ['null', { tool_calls: null }, []],
];
for (const [what, message, expected] of CALLS) {
  test(`tool calls survive: ${what}`, async () => {
    const { model, request } = await serve({
      answer: (_, response) => (send(response, 200, choice({ content: null, ...(message as object) })), true),
    });
    const response = await model.sample(request());
    assert.equal(response.message.content, '');
    assert.equal(response.finishReason, 'unknown');
    assert.deepEqual(
      response.message.toolCalls.map((call) => [call.id, call.name, call.arguments]),
      expected,
    );
  });
}

test('reasoning and listed content are kept', async () => {
  const message = {
    content: [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ],
    reasoning_content: 'hm',
  };
  const { model, request } = await serve({
    answer: (_, response) => (send(response, 200, choice(message)), true),
  });
  assert.deepEqual((await model.sample(request())).message, {
    role: 'assistant',
    content: 'ab',
    toolCalls: [],
    reasoning: 'hm',
  });
});

test('check: a listed model passes, one that only answers passes, an unknown one is named with the list', async () => {
  const { model, url } = await serve({ models: ['a', 'b'] });
  await model.check('a', url);
  await assert.rejects(model.check('c', url), refused('Model.Unknown', /"c".*it lists a, b/));
  await stop();
  const lenient = await serve();
  await lenient.model.check('alias', lenient.url);
  await stop();
  const closed = await serve({ listRefusal: 403 });
  await closed.model.check('alias', closed.url);
  assert.equal(closed.requests.length, 1, 'a list that is not shown says nothing of the key');
});
