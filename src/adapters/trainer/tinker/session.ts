import type { z } from 'zod';
import { SteadfastError } from '../../../domain/failures.ts';
import {
  anythingSchema,
  createdSchema,
  futureSchema,
  optimisedSchema,
  savedSchema,
  sessionSchema,
} from './answers.ts';
import { type Datum, decodeLogprobs, encodePass } from './messages.ts';
import type { TinkerServer } from './wire.ts';

/** AdamW as the embedded trainer has it; a server that knows no `grad_clip_norm` clips nothing. */
const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0, grad_clip_norm: 1 };

/** Sequences of one request: enough for many devices, and few enough that those of like length can stand together. */
const SEQUENCES = 16;

/** A LoRA model on a Tinker server, which lives as long as its session is heard of. */
export interface TinkerModel {
  /** Takes over a saved state, the optimiser's included; before anything else is asked of the model. */
  load(state: string): Promise<void>;
  /** Adds the gradient of these sequences, and gives the policy's logprobs of their targets. */
  forwardBackward(
    data: readonly Datum[],
    clip: { readonly low: number; readonly high: number },
  ): Promise<number[][]>;
  /** Makes the step of the gradients so far; gives their norm, where the server says it. */
  optimStep(learningRate: number): Promise<number | null>;
  /** Saves weights and optimiser under a name of this model; gives the path to load them by. */
  save(name: string): Promise<string>;
  /** The archive of the adapter, as PEFT has it, packed. */
  exportAdapter(name: string): Promise<Uint8Array>;
  /** Lets go of it. A server that cannot be told lets go by itself, when its session is silent. */
  unload(): Promise<void>;
}

/** What a model is made of: a base and a fresh adapter, drawn by the seed. */
export interface ModelOptions {
  readonly baseModel: string;
  readonly rank: number;
  readonly seed: number;
}

/**
 * A new model with no gradients. SkyRL 0.4.0 gives a model the place of one that is gone with whatever gradients that one
 * had got, as when its worker died between a pass and its step; a step that changes nothing, of a model that is let go
 * at once, wipes the place for the next.
 */
export async function createModel(server: TinkerServer, of: ModelOptions): Promise<TinkerModel> {
  const before = await beginModel(server, of);
  await before.optimStep(0);
  await before.unload();
  return await beginModel(server, of);
}

async function beginModel(server: TinkerServer, of: ModelOptions): Promise<TinkerModel> {
  const { session_id: session } = await server.post(
    '/api/v1/create_session',
    { tags: ['steadfast'], user_metadata: {}, sdk_version: '0.25.0', type: 'create_session' },
    sessionSchema,
  );
  /** A session that is silent for minutes is ended, and its models with it. */
  const waiting = async (): Promise<void> => {
    const beat = { session_id: session, type: 'session_heartbeat' };
    await server.post('/api/v1/session_heartbeat', beat, anythingSchema);
  };
  const lora = { rank: of.rank, seed: of.seed, train_unembed: false, train_mlp: true, train_attn: true };
  const creation = { session_id: session, model_seq_id: 0, base_model: of.baseModel, lora_config: lora };
  const create = '/api/v1/create_model';
  const { model_id: id, request_id: created } = await server.post(create, creation, createdSchema);
  await server.result(create, created, anythingSchema, waiting);

  let seqId = 0;

  /** Asks the server to do something with the model, and waits until it is done. */
  async function ask<T>(action: string, fields: object, schema: z.ZodType<T>): Promise<T> {
    const path = `/api/v1/${action}`;
    const body = { type: action, model_id: id, seq_id: ++seqId, ...fields };
    const { request_id: request } = await server.post(path, body, futureSchema);
    return await server.result(path, request, schema, waiting);
  }

  async function load(state: string): Promise<void> {
    await ask('load_weights', { path: state, optimizer: true }, anythingSchema);
  }

  const forwardBackward: TinkerModel['forwardBackward'] = async (data, clip) => {
    const path = '/api/v1/forward_backward';
    const logprobs: number[][] = [];
    for (let first = 0; first < data.length; first += SEQUENCES) {
      const part = data.slice(first, first + SEQUENCES);
      const pass = encodePass({ modelId: id, seqId: ++seqId, data: part, clip });
      const { request_id: request } = await server.post(path, pass, futureSchema);
      logprobs.push(...decodeLogprobs(await server.resultBytes(path, request, waiting), part.length));
    }
    return logprobs;
  };

  async function optimStep(learningRate: number): Promise<number | null> {
    const adam = { learning_rate: learningRate, ...ADAM };
    const { metrics } = await ask('optim_step', { adam_params: adam }, optimisedSchema);
    // Each server puts a name of its own before it.
    const norm = Object.entries(metrics ?? {}).find(([name]) => /(^|[/:.])grad_norm/.test(name));
    return norm?.[1] ?? null;
  }

  async function save(name: string): Promise<string> {
    return (await ask('save_weights', { path: name }, savedSchema)).path;
  }

  async function exportAdapter(name: string): Promise<Uint8Array> {
    const saved = await ask('save_weights_for_sampler', { path: name }, savedSchema);
    const { model, checkpoint } = stateOf(saved.path);
    const checkpoints = `/api/v1/training_runs/${model}/checkpoints`;
    const bytes = await server.download(`${checkpoints}/${checkpoint}/archive`, waiting);
    // It is ours now. Servers differ in whether an adapter's path says of what kind it is.
    await server.remove(`${checkpoints}/${checkpoint.includes('/') ? '' : 'sampler_weights/'}${checkpoint}`);
    return bytes;
  }

  async function unload(): Promise<void> {
    try {
      await ask('unload_model', {}, anythingSchema);
    } catch (error) {
      if (!(error instanceof SteadfastError)) throw error;
    }
  }

  return { load, forwardBackward, optimStep, save, exportAdapter, unload };
}

/** Deletes a saved state; one that is gone already changes nothing. */
export async function deleteState(server: TinkerServer, state: string): Promise<void> {
  const { model, checkpoint } = stateOf(state);
  await server.remove(`/api/v1/training_runs/${model}/checkpoints/${checkpoint}`);
}

/** Reads `tinker://<model>/<checkpoint>`, where the checkpoint may say of what kind it is. */
function stateOf(path: string): { readonly model: string; readonly checkpoint: string } {
  const [, model = '', checkpoint = ''] = /^tinker:\/\/([^/]+)\/(.+)$/.exec(path) ?? [];
  return { model, checkpoint };
}
