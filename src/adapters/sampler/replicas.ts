import { createHash } from 'node:crypto';
import { sha256Of } from '../artifacts/sha256.ts';
import { SteadfastError } from '../../domain/failures.ts';
import { adapterName, type PolicyVersion, policyVersionOf } from '../../domain/ids.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Model, ModelRequest, ModelResponse } from '../../ports/model.ts';
import { type Adapter, type LoadedAdapters, createLoadedAdapters } from './loaded-adapters.ts';
import type { LoraReplica } from './lora-replica.ts';

/**
 * A model whose policy versions are sampled at servers of their own (vLLM): each version is loaded under its name at the
 * replica that is asked for it, and taken away there once nothing asks for it any more. Other models stay with `model`.
 */
export function createReplicaModel(options: {
  readonly model: Model;
  readonly artifacts: Artifacts;
  readonly replicas: readonly LoraReplica[];
  /** Milliseconds after which a version that nobody asked for makes room, where a newer one of its run is there. */
  readonly idleMs?: number;
}): Model {
  const { model, artifacts, replicas, idleMs } = options;
  const loaded = replicas.map((replica) => createLoadedAdapters(replica, idleMs));

  async function sample(request: ModelRequest, signal?: AbortSignal): Promise<ModelResponse> {
    const version = request.apiBase === null ? policyVersionOf(request.model) : null;
    if (version === null) return await model.sample(request, signal);
    const adapter = await adapterOf(version);
    let away: unknown;
    for (const adapters of inOrder(loaded, request)) {
      try {
        return await sampleAt(adapters, adapter, request, signal);
      } catch (error) {
        // The next one serves as well, and has the prompt's prefix to learn.
        if (!(error instanceof SteadfastError) || error.type !== 'Model.Unreachable') throw error;
        away = error;
      }
    }
    throw away;
  }

  async function adapterOf(version: PolicyVersion): Promise<Adapter> {
    // Read for each call: a run may be made again under its name while this worker lives.
    const manifest = await artifacts.readRunFile(version.run, `${version.path}/manifest.json`);
    return {
      version,
      name: adapterName(version, sha256Of(manifest ?? '')),
      folder: artifacts.runPath(version.run, `${version.path}/adapter`),
    };
  }

  async function sampleAt(
    adapters: LoadedAdapters,
    adapter: Adapter,
    request: ModelRequest,
    signal?: AbortSignal,
  ): Promise<ModelResponse> {
    const asked = { ...request, model: adapter.name, apiBase: adapters.url };
    const ask = async () => await adapters.use(adapter, async () => await model.sample(asked, signal));
    try {
      return { ...(await ask()), model: request.model };
    } catch (error) {
      if (!(error instanceof SteadfastError) || error.type !== 'Model.Unknown') throw error;
      // Restarted since, or made room by another worker.
      adapters.forget(adapter);
      return { ...(await ask()), model: request.model };
    }
  }

  return { sample, check: async (...asked) => await model.check(...asked) };
}

/** The replicas from the one on that a conversation's beginning names: siblings share a prompt, and so its cache. */
function inOrder<T>(replicas: readonly T[], { messages }: ModelRequest): readonly T[] {
  const replies = messages.findIndex(({ role }) => role === 'assistant');
  const prompt = JSON.stringify(replies < 0 ? messages : messages.slice(0, replies));
  const first = createHash('sha256').update(prompt).digest().readUInt32BE(0) % replicas.length;
  return [...replicas.slice(first), ...replicas.slice(0, first)];
}
