import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ScriptedEndpoint,
  type ScriptedOptions,
  send,
  startScriptedEndpoint,
} from '../../support/scripted-endpoint.ts';

/** Spoils one answer; what it holds open ends with the client's patience. */
export type Misbehaviour = (response: ServerResponse) => void;

/** What comes of an endpoint in each row; `refused` closes its port instead of answering. */
export const MISBEHAVIOURS = {
  'rate-limit-after': (response) => refuse(response, 429, { 'retry-after': '1' }),
  'rate-limit': (response) => refuse(response, 429),
  'error-500': (response) => refuse(response, 500),
  'error-502': (response) => {
    response.writeHead(502, { 'content-type': 'text/html' });
    response.end('<html><body><h1>502 Bad Gateway</h1></body></html>');
  },
  'error-503': (response) => refuse(response, 503),
  reset: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"choices":[{"message"', () => response.socket?.resetAndDestroy());
  },
  truncated: (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"choices":[{"message":{"role":"assistant","content":"I am do');
  },
  'empty-choices': (response) => send(response, 200, { object: 'chat.completion', choices: [], usage: null }),
  'endless-fast': (response) => endless(response, Buffer.alloc(64 * 1024, ' '), 0),
  'endless-slow': (response) => endless(response, Buffer.from(' '), 50),
  silence: () => undefined,
} as const satisfies Record<string, Misbehaviour>;

/** A scripted endpoint whose answers from the n-th on misbehave a few times. */
export interface MisbehavingEndpoint extends ScriptedEndpoint {
  /** Seconds from the last fault to the next right answer; null when there was no fault or nothing came after it. */
  recoverySeconds(): number | null;
}

/** Starts an endpoint that misbehaves on its chat requests from `first` (counted from 0) on, `times` times. */
export async function startMisbehaving(
  scripted: ScriptedOptions,
  fault: { readonly spoil: Misbehaviour; readonly first: number; readonly times: number },
): Promise<MisbehavingEndpoint> {
  let faultAt: number | null = null;
  let rightAt: number | null = null;
  const endpoint = await startScriptedEndpoint({
    ...scripted,
    answer: (_body, response, n) => {
      const spoilt = n >= fault.first && n < fault.first + fault.times;
      if (spoilt) {
        faultAt = Date.now();
        fault.spoil(response);
      } else if (faultAt !== null) rightAt ??= Date.now();
      return spoilt;
    },
  });
  return {
    ...endpoint,
    recoverySeconds: () => (faultAt === null || rightAt === null ? null : (rightAt - faultAt) / 1000),
  };
}

/** An endpoint that is away, its port closed, from its n-th answer on for a while. */
export async function startRefusing(
  scripted: ScriptedOptions,
  fault: { readonly first: number; readonly awayMs: number },
): Promise<MisbehavingEndpoint> {
  let backAt: number | null = null;
  let rightAt: number | null = null;
  let served: ScriptedEndpoint | null = null;
  let leaving: Promise<void> = Promise.resolve();
  const start = async (port: number) =>
    await startScriptedEndpoint({
      ...scripted,
      port,
      answer: (_body, response, n) => {
        if (backAt !== null) rightAt ??= Date.now();
        else if (n === fault.first) leaving = leave(response);
        return backAt === null && n >= fault.first;
      },
    });
  async function leave(response: ServerResponse): Promise<void> {
    response.socket?.resetAndDestroy();
    await served?.close();
    await sleep(fault.awayMs);
    backAt = Date.now();
    served = await start(port);
  }
  const first = await start(0);
  const port = Number(new URL(first.url).port);
  served = first;
  return {
    url: first.url,
    requests: first.requests,
    async close() {
      await leaving;
      await served?.close();
    },
    recoverySeconds: () => (backAt === null || rightAt === null ? null : (rightAt - backAt) / 1000),
  };
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message: 'not now', type: 'server_error' } }));
}

function endless(response: ServerResponse, chunk: Buffer, everyMs: number): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    if (response.destroyed) return;
    if (everyMs === 0) {
      if (response.write(chunk)) setImmediate(more);
      else response.once('drain', more);
      return;
    }
    response.write(chunk);
    setTimeout(more, everyMs);
  };
  more();
}
