import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Latch } from '../latch.ts';

/** What becomes of the next request to train; without one it is taken, answered, and ends at once. */
export type Fault =
  /** Taken and made, and the answer lost. */
  | 'reply-lost'
  /** The server dies between taking it and making it: nothing comes of it. */
  | 'died'
  /** Taken and made, and a gateway says otherwise. */
  | 'gateway'
  /** Taken, and never answered; made once the latch is opened. */
  | 'silent'
  /** Answered, and made once the latch is opened. */
  | 'slow'
  /** Answered, and ends with a failure. */
  | 'fails'
  /** Refused. */
  | 'refused';

interface Job {
  readonly fails: boolean;
  readonly ended: () => boolean;
}

/** The key that the serverless API takes here. */
export const KEY = 'wandb-key-that-nobody-may-see';

/** ART in its two shapes, by a script: the serverless API and its samplers below /v1, the local server beside it. */
export class ScriptedArt {
  /** The newest checkpoint. */
  step = 0;
  /** Bodies of the requests to train that were taken. */
  readonly taken: Readonly<Record<string, unknown>>[] = [];
  /** All requests, as `POST /v1/preview/models`. */
  readonly asked: { readonly what: string; readonly query: string; readonly body: unknown }[] = [];
  readonly faults: Fault[] = [];
  readonly deleted: number[] = [];
  latch = new Latch();
  private readonly jobs = new Map<string, Job>();
  private readonly server: Server;
  private prepared = false;

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<ScriptedArt> {
    const art: ScriptedArt = new ScriptedArt(
      createServer((request, reply) => void art.answer(request, reply)),
    );
    await new Promise<void>((resolve) => art.server.listen(0, '127.0.0.1', resolve));
    return art;
  }

  async stop(): Promise<void> {
    this.latch.open();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Address of the local server; the serverless one ends in /v1. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves once so many requests to train were taken. */
  async hasTaken(count: number): Promise<void> {
    while (this.taken.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  private async answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const body = (text === '' ? null : JSON.parse(text)) as Readonly<Record<string, unknown>> | null;
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const what = `${request.method} ${pathname}`;
    this.asked.push({ what, query: searchParams.toString(), body });
    const key = request.headers.authorization;
    const isSampler = ['/v1/models', '/v1/chat/completions'].includes(pathname) && this.prepared;
    if (pathname.startsWith('/v1/') && key !== `Bearer ${isSampler ? 'default' : KEY}`) {
      send(reply, 401, { error: `no such key: ${key}` });
      return;
    }
    const job = /^\/v1\/preview\/training-jobs\/(.+)\/events$/.exec(pathname)?.[1];
    if (job !== undefined) this.sendEvents(reply, job);
    else if (what === 'POST /v1/preview/training-jobs') await this.train(reply, body ?? {}, 'serverless');
    else if (what === 'POST /_train_model') await this.train(reply, body ?? {}, 'local');
    else this.sendSimple(reply, what, body);
  }

  private sendSimple(
    reply: ServerResponse,
    what: string,
    body: Readonly<Record<string, unknown>> | null,
  ): void {
    if (what === 'POST /v1/preview/models') {
      const { name, project, base_model } = body ?? {};
      send(reply, 200, { id: 'm1', entity: 'us', project, name, base_model, run_id: null });
    } else if (what === 'GET /v1/preview/models/m1/checkpoints') {
      const data = this.step === 0 ? [] : [{ id: `c${this.step}`, step: this.step, metrics: {} }];
      send(reply, 200, { data, has_more: false });
    } else if (what === 'DELETE /v1/preview/models/m1/checkpoints') {
      this.deleted.push(...(body?.['steps'] as number[]));
      send(reply, 200, { deleted_count: 1, not_found_steps: [] });
    } else if (what === 'POST /register') send(reply, 200, null);
    else if (what === 'POST /_get_step') send(reply, 200, this.step);
    else if (what === 'POST /_prepare_backend_for_training') {
      this.prepared = true;
      send(reply, 200, [`${this.url.replace('127.0.0.1', '0.0.0.0')}/v1`, 'default']);
    } else if (what === 'GET /v1/models') send(reply, 200, { data: [{ id: 'night' }] });
    else if (what === 'POST /v1/chat/completions') send(reply, 200, completionOf(String(body?.['model'])));
    else send(reply, 404, { detail: `no ${what}` });
  }

  private async train(
    reply: ServerResponse,
    body: Readonly<Record<string, unknown>>,
    shape: 'serverless' | 'local',
  ): Promise<void> {
    const fault = this.faults.shift() ?? null;
    if (fault === 'refused') {
      send(reply, 422, { detail: 'too many trajectories' });
      return;
    }
    this.taken.push(body);
    if (fault === 'died') {
      reply.destroy();
      return;
    }
    const latch = this.latch;
    const waits = fault === 'slow' || fault === 'silent';
    let isMade = false;
    const making = (waits ? latch.wait() : Promise.resolve()).then(() => {
      if (fault !== 'fails') this.step++;
      isMade = true;
    });
    if (fault === 'reply-lost') reply.destroy();
    else if (fault === 'gateway') send(reply, 502, { detail: 'bad gateway' });
    else if (shape === 'serverless' && fault !== 'silent') {
      const id = `j${this.taken.length}`;
      this.jobs.set(id, { fails: fault === 'fails', ended: () => isMade });
      send(reply, 200, { id });
    }
    await making;
    if (shape === 'serverless' || reply.destroyed || reply.writableEnded) return;
    const line = { policy_loss: 0.5, num_gradient_steps: 2 };
    reply.end(`${JSON.stringify(line)}\n${JSON.stringify({ ...line, policy_loss: 0.25 })}\n`);
  }

  private sendEvents(reply: ServerResponse, id: string): void {
    const job = this.jobs.get(id);
    if (job === undefined) {
      send(reply, 404, { detail: 'no such job' });
      return;
    }
    const data: object[] = [{ id: 'e1', type: 'training_started', data: { num_sequences: 2 } }];
    if (job.ended()) {
      const end = job.fails ? { error_message: 'out of memory' } : {};
      data.push(
        { id: 'e2', type: 'gradient_step', data: { policy_loss: 0.5, grad_norm: 0.1, note: 'x' } },
        { id: 'e3', type: 'gradient_step', data: { policy_loss: 0.25, grad_norm: 0.3 } },
        { id: 'e4', type: job.fails ? 'training_failed' : 'training_ended', data: end },
      );
    }
    send(reply, 200, { data, has_more: false });
  }
}

function completionOf(model: string): object {
  const logprobs = { content: [{ token: 'token_id:42', logprob: -0.25, bytes: null, top_logprobs: [] }] };
  const message = { role: 'assistant', content: `from ${model}` };
  return { id: 'c', model, choices: [{ index: 0, finish_reason: 'stop', message, logprobs }] };
}

function send(reply: ServerResponse, status: number, body: unknown): void {
  reply.writeHead(status, { 'content-type': 'application/json' });
  reply.end(JSON.stringify(body));
}
