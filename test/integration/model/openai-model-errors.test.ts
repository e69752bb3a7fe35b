import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { refused, serve, stop } from '../../support/model-endpoint.ts';
import { send } from '../../support/scripted-endpoint.ts';

/** For a call that nothing else ends. */
const IMPATIENT = { timeoutMs: 400 };

/** A completion that ends before its time, by a reason of the server's. */
function brokenOff(finish_reason: string): unknown {
  return { choices: [{ finish_reason, message: { role: 'assistant', content: 'I will now' } }] };
}

const ERRORS: readonly [number, unknown, string, RegExp][] = [
  [401, { error: { message: 'bad key sk-secret-key' } }, 'Model.Unauthorized', /OPENAI_API_KEY.*\[the key\]/],
  [403, { error: { message: 'no' } }, 'Model.Unauthorized', /OPENAI_API_KEY/],
  [
    404,
    { error: { message: 'The model `scripted` does not exist' } },
    'Model.Unknown',
    /"scripted".*it lists scripted/,
  ],
  [404, 'Not Found', 'Model.BadRequest', /base URL/],
  [400, { error: { message: 'x', code: 'context_length_exceeded' } }, 'Model.ContextOverflow', /x/],
  [
    400,
    {
      object: 'error',
      message: "This model's maximum context length is 2048 tokens. However, max_tokens is invalid",
    },
    'Model.ContextOverflow',
    /2048/,
  ],
  [400, { error: 'the request exceeds the available context size' }, 'Model.ContextOverflow', /exceeds/],
  [413, 'too large', 'Model.ContextOverflow', /413/],
  ...[
    'Input length (9000 tokens) exceeds the maximum allowed length (8192 tokens).',
    'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000',
    "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    'The input token count (1100000) exceeds the maximum number of tokens allowed (1048576).',
    '`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 512 `max_new_tokens`',
    'Range of input length should be [1, 30720]',
  ].map((message): (typeof ERRORS)[number] => [400, { error: { message } }, 'Model.ContextOverflow', /./]),
  [
    400,
    { error: { message: 'Invalid max_tokens value, the valid range of max_tokens is [1, 8192]' } },
    'Model.BadRequest',
    /\[1, 8192\]/,
  ],
  ...['error', 'abort', 'insufficient_system_resource', 'network_error'].map(
    (reason): (typeof ERRORS)[number] => [200, brokenOff(reason), 'Model.Unreachable', new RegExp(reason)],
  ),
  [200, brokenOff('model_context_window_exceeded'), 'Model.ContextOverflow', /context_window_exceeded/],
  [
    200,
    { choices: [{ error: { code: 429, message: 'upstream busy' }, message: { content: '' } }] },
    'Model.RateLimit',
    /upstream busy/,
  ],
  [400, { error: { message: 'messages: wrong' } }, 'Model.BadRequest', /messages: wrong/],
  [500, '<html>', 'Model.Unreachable', /500/],
  [503, { error: { message: 'busy' } }, 'Model.Unreachable', /busy/],
  [408, 'late', 'Model.Unreachable', /408/],
  [200, '<html>hello', 'Model.BadResponse', /not a chat completion|not JSON/],
  [200, { choices: [] }, 'Model.BadResponse', /not a chat completion/],
  [200, { error: { code: 429, message: 'upstream busy' } }, 'Model.RateLimit', /upstream busy/],
  [200, null, 'Model.BadResponse', /not a chat completion/],
];
for (const [status, body, type, pattern] of ERRORS) {
  test(`${status} ${JSON.stringify(body).slice(0, 60)} is ${type}`, async () => {
    const { model, request } = await serve({
      answer: (_, response) => {
        if (typeof body === 'string') response.writeHead(status, { 'content-type': 'text/html' }).end(body);
        else send(response, status, body);
        return true;
      },
    });
    await assert.rejects(model.sample(request()), refused(type, pattern));
  });
}

for (const [header, low, high] of [
  ['7', 7000, 7000],
  ['0.25', 250, 250],
  [new Date(Date.now() + 90_000).toUTCString(), 60_000, 91_000],
  ['999999', 300_000, 300_000],
] as const) {
  test(`retry-after ${header} is honoured`, async () => {
    const { model, request } = await serve({
      answer: (_, response) => {
        response.writeHead(429, { 'retry-after': header }).end('{}');
        return true;
      },
    });
    await assert.rejects(model.sample(request()), (error) => {
      assert.ok(error instanceof SteadfastError && error.type === 'Model.RateLimit');
      const delay = error.retryAfterMs ?? 0;
      return delay >= low && delay <= high;
    });
  });
}

for (const [name, type] of [
  ['garbage', 'Model.BadResponse'],
  ['hangUp', 'Model.Unreachable'],
  ['serverError', 'Model.Unreachable'],
  ['rateLimit', 'Model.RateLimit'],
] as const) {
  test(`the fault ${name} is ${type}, and is not retried here`, async () => {
    const { model, request, requests } = await serve({ faults: { [name]: 1 } });
    await assert.rejects(model.sample(request()), refused(type, /./));
    assert.equal(requests.length, 1);
  });
}

test('no server at all', async () => {
  const { model, request, url } = await serve();
  await stop();
  await assert.rejects(
    model.sample(request()),
    refused('Model.Unreachable', /cannot reach http.*ECONNREFUSED/),
  );
  await assert.rejects(model.check('scripted', url), refused('Model.Unreachable', /cannot reach/));
});

test('a server that never answers is given up in time', async () => {
  const { model, request } = await serve({ delayMs: 3000 });
  await assert.rejects(
    model.sample({ ...request(), ...IMPATIENT }),
    refused('Model.Silent', /no answer in time/),
  );
});

test('a server that stops in the middle of its answer is given up in time', async () => {
  const { model, request } = await serve({
    answer: (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choi');
      return true;
    },
  });
  await assert.rejects(
    model.sample({ ...request(), ...IMPATIENT }),
    refused('Model.Silent', /no answer in time/),
  );
});

for (const [what, chunk, everyMs, type] of [
  ['a byte now and then', ' ', 50, 'Model.Silent'],
  ['blanks for ever', ' '.repeat(1024), 1, 'Model.Silent'],
  ['more than any model says', 'x'.repeat(1024 * 1024), 1, 'Model.BadResponse'],
] as const) {
  test(`a server that sends ${what} is given up in time`, async () => {
    const { model, request } = await serve({
      answer: (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(chunk), everyMs);
        response.on('close', () => clearInterval(timer));
        return true;
      },
    });
    const startedAt = Date.now();
    const patience = type === 'Model.Silent' ? IMPATIENT : {};
    await assert.rejects(model.sample({ ...request(), ...patience }), refused(type, /in time|longer than/));
    assert.ok(Date.now() - startedAt < 25_000);
  });
}

test('the limit holds for all tries of a call together', async () => {
  const { model, request, requests } = await serve({
    answer: async (body, response) => {
      await sleep(250);
      const parameter = 'seed' in body ? 'seed' : 'temperature';
      send(response, 400, { error: { message: `unsupported parameter ${parameter}`, param: parameter } });
      return true;
    },
  });
  await assert.rejects(
    model.sample({ ...request(), ...IMPATIENT }),
    refused('Model.Silent', /no answer in time/),
  );
  assert.equal(requests.length, 2);
});

test('a cancelled call ends at once and is no failure of the model', async () => {
  const { model, request } = await serve({ delayMs: 3000 });
  const abort = new AbortController();
  const sampled = model.sample(request(), abort.signal);
  setTimeout(() => abort.abort(), 20);
  await assert.rejects(sampled, (error) => !(error instanceof SteadfastError));
});
