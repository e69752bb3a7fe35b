import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Faults, spoil } from './scripted-faults.ts';
import {
  type Script,
  type ScriptedInstance,
  type WireMessage,
  nextTurn,
  readScriptedInstances,
} from './scripted-policy.ts';
import { completionIds, promptIds, textOf } from './scripted-tokens.ts';

export type ChatBody = Readonly<Record<string, unknown>> & { readonly messages: readonly WireMessage[] };

/** What the script answers; tests reshape it. */
export interface Completion {
  readonly choices: readonly { readonly message: WireAnswer; readonly [field: string]: unknown }[];
  readonly [field: string]: unknown;
}

interface WireAnswer {
  readonly content: string;
  readonly tool_calls?: readonly WireCall[];
  readonly [field: string]: unknown;
}

interface WireCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
  readonly [field: string]: unknown;
}

export interface ScriptedOptions {
  readonly script?: Script;
  readonly instances?: readonly ScriptedInstance[];
  readonly port?: number;
  /** Tool calls, one a turn: all but the last look around. */
  readonly turns?: number;
  readonly delayMs?: number;
  readonly faults?: Faults;
  /** Answer token ids and logprobs, as vLLM does. */
  readonly tokenIds?: boolean;
  /** The models that it knows; any name is taken when left out. */
  readonly models?: readonly string[];
  readonly ownedBy?: string;
  /** The status that a list of models is refused with. */
  readonly listRefusal?: number;
  /** Knows no tools, takes turns strictly, and writes its commands as fenced blocks. */
  readonly plainText?: boolean;
  /** Makes another answer of the script's. */
  readonly reshape?: (completion: Completion, body: ChatBody) => unknown;
  /** Answers a request in its own way; undefined leaves it to the script. `n` counts chat requests from 0. */
  readonly answer?: (body: ChatBody, response: ServerResponse, n: number) => boolean | Promise<boolean>;
}

export interface ScriptedEndpoint {
  /** Base URL, /v1 included. */
  readonly url: string;
  /** The chat requests so far. */
  readonly requests: readonly ChatBody[];
  close(): Promise<void>;
}

/** Serves a scripted model over HTTP on loopback, as an OpenAI-compatible endpoint. */
export async function startScriptedEndpoint(options: ScriptedOptions = {}): Promise<ScriptedEndpoint> {
  const requests: ChatBody[] = [];
  const server = createServer((request, response) => {
    serve(options, requests, request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const port = await listen(server, options.port ?? 0);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  options: ScriptedOptions,
  requests: ChatBody[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = `${request.method} ${request.url}`;
  if (path === 'GET /v1/models' && options.listRefusal !== undefined) {
    send(response, options.listRefusal, { error: { message: 'Missing scopes: api.model.read' } });
    return;
  }
  if (path === 'GET /v1/models') {
    const names = options.models ?? ['scripted'];
    const data = names.map((id) => ({ id, object: 'model', owned_by: options.ownedBy ?? 'test' }));
    send(response, 200, { object: 'list', data });
    return;
  }
  if (path !== 'POST /v1/chat/completions') {
    send(response, 404, { error: { message: `no such route: ${path}` } });
    return;
  }
  const body = JSON.parse(await textOfRequest(request)) as ChatBody;
  const n = requests.push(body) - 1;
  if (options.delayMs !== undefined) await sleep(options.delayMs);
  if (spoil(response, options.faults ?? {}, n)) return;
  if (await options.answer?.(body, response, n)) return;
  const model = String(body['model']);
  if (options.models !== undefined && !options.models.includes(model)) {
    const error = { message: `The model \`${model}\` does not exist.`, code: 'model_not_found' };
    send(response, 404, { error });
    return;
  }
  const refusal = options.plainText === true ? refusalOfPlain(body) : null;
  const { reshape = (made: Completion): unknown => made } = options;
  if (refusal === null) send(response, 200, reshape(completion(options, body), body));
  else send(response, 400, { error: { message: refusal, type: 'invalid_request_error' } });
}

/** Sends a JSON answer. */
export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** What a model of text alone says to a request that is made for others; null when it takes it. */
function refusalOfPlain({ tools, messages }: ChatBody): string | null {
  if (tools !== undefined) return 'this model does not support tools';
  const roles = messages.map(({ role }) => role).filter((role) => role !== 'system');
  const isStrict = roles.every((role, i) => role === (i % 2 === 0 ? 'user' : 'assistant'));
  return isStrict ? null : `conversation roles must alternate user/assistant, not ${roles.join('/')}`;
}

/** The script's chat completion for a request. */
function completion(options: ScriptedOptions, body: ChatBody): Completion {
  const { script = 'gold', instances = [], turns = 1, tokenIds = false } = options;
  const { content, command } = nextTurn(body.messages, instances, script, turns);
  const made = body.messages.length;
  const block = command === null ? '' : `\n\n\`\`\`bash\n${command}\n\`\`\``;
  const calls =
    command === null || options.plainText === true
      ? {}
      : {
          tool_calls: [
            {
              id: `call_${made}`,
              type: 'function',
              function: { name: 'bash', arguments: JSON.stringify({ command }) },
            },
          ],
        };
  const text = options.plainText === true ? `${content}${block}` : content;
  const message = { role: 'assistant', content: text, ...calls };
  const prompt = promptIds(body.messages);
  const sampled = completionIds(textOf(message));
  const withIds = tokenIds && body['return_token_ids'] === true;
  const withLogprobs = tokenIds && body['logprobs'] === true;
  return {
    id: `chatcmpl-${made}`,
    object: 'chat.completion',
    model: body['model'],
    ...(withIds ? { prompt_token_ids: prompt } : {}),
    choices: [
      {
        index: 0,
        message,
        finish_reason: 'tool_calls' in message ? 'tool_calls' : 'stop',
        ...(withIds ? { token_ids: sampled } : {}),
        ...(withLogprobs
          ? { logprobs: { content: sampled.map((id) => ({ token: String(id), logprob: -0.5 })) } }
          : {}),
      },
    ],
    usage: { prompt_tokens: prompt.length, completion_tokens: sampled.length },
  };
}

async function textOfRequest(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      script: { type: 'string', default: 'gold' },
      port: { type: 'string', default: '0' },
      turns: { type: 'string', default: '1' },
      'delay-ms': { type: 'string', default: '0' },
      'token-ids': { type: 'boolean', default: false },
      // JSON, such as {"rateLimit":0.1,"serverError":0.1,"garbage":0.05,"hangUp":0.05,"seed":1}
      faults: { type: 'string', default: '{}' },
    },
  });
  const { script } = values;
  if (script !== 'gold' && script !== 'nothing' && script !== 'break' && script !== 'counting') {
    throw new Error(`--script is ${script}; expected gold, nothing, break or counting`);
  }
  const endpoint = await startScriptedEndpoint({
    script,
    instances: values.data === undefined ? [] : readScriptedInstances(values.data),
    port: Number(values.port),
    turns: Number(values.turns),
    delayMs: Number(values['delay-ms']),
    tokenIds: values['token-ids'],
    faults: JSON.parse(values.faults) as Faults,
  });
  process.stdout.write(`${endpoint.url}\n`);
}
