import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What becomes of one request and its answer. Every request reaches the server at least once. */
export type Treatment =
  | { readonly kind: 'pass' }
  /** The server answers, and the connection breaks before the client hears it. */
  | { readonly kind: 'lose' }
  /** The server answers, and the client hears nothing for as long as it waits. */
  | { readonly kind: 'swallow' }
  /** The connection breaks first; the request arrives later, when the client has sent it anew. */
  | { readonly kind: 'stray'; readonly lateMs: number }
  /** Delivered twice at once; the client hears the second answer. */
  | { readonly kind: 'double' }
  /** Delivered once more, later. */
  | { readonly kind: 'repeat'; readonly lateMs: number }
  /** The answer waits, so that answers to later requests overtake it. */
  | { readonly kind: 'hold'; readonly lateMs: number };

export interface RepliesProxy {
  readonly port: number;
  /** Decides on the requests that come from now on; they all pass until it is called. */
  treat(decide: (method: string, path: string) => Treatment): void;
  /** Settles when nothing is on its way to the server any more. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

function pass(): Treatment {
  return { kind: 'pass' };
}

/** A way to the server on which answers get lost and requests arrive more than once. */
export async function startRepliesProxy(serverPort: number): Promise<RepliesProxy> {
  let decide: (method: string, path: string) => Treatment = pass;
  const onTheirWay = new Set<Promise<unknown>>();

  const proxy = http.createServer((incoming, outgoing) => {
    void (async () => {
      const { method = '', url = '' } = incoming;
      const body = await textOf(incoming);
      const deliver = async (): Promise<Reply> => await tracked(delivered(serverPort, method, url, body));
      const reply = await carryOut(decide(method, url), deliver);
      if (reply === 'break') outgoing.destroy();
      else if (reply !== 'silence') {
        outgoing.writeHead(reply.status, { 'content-type': 'application/json' }).end(reply.body);
      }
    })().catch(() => outgoing.destroy());
  });

  async function carryOut(
    treatment: Treatment,
    deliver: () => Promise<Reply>,
  ): Promise<Reply | 'break' | 'silence'> {
    const later = (lateMs: number): void => {
      tracked(sleep(lateMs).then(deliver)).catch(() => undefined);
    };
    switch (treatment.kind) {
      case 'pass':
        return await deliver();
      case 'lose':
        await deliver();
        return 'break';
      case 'swallow':
        await deliver();
        return 'silence';
      case 'stray':
        later(treatment.lateMs);
        return 'break';
      case 'double': {
        const [, second] = await Promise.all([deliver(), deliver()]);
        return second;
      }
      case 'repeat':
        later(treatment.lateMs);
        return await deliver();
      case 'hold':
    }
    const reply = await deliver();
    await sleep(treatment.lateMs);
    return reply;
  }

  async function tracked<T>(delivery: Promise<T>): Promise<T> {
    onTheirWay.add(delivery);
    try {
      return await delivery;
    } finally {
      onTheirWay.delete(delivery);
    }
  }

  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    treat: (next) => (decide = next),
    async settled() {
      while (onTheirWay.size > 0) await Promise.allSettled(onTheirWay);
    },
    async close() {
      proxy.closeAllConnections();
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}

async function delivered(port: number, method: string, path: string, body: string): Promise<Reply> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return await new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
      textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function textOf(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
