import { z } from 'zod';
import { SteadfastError } from '../../domain/failures.ts';
import { policyModel, policyVersionOf, stepName } from '../../domain/ids.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { Model, ModelRequest, ModelResponse } from '../../ports/model.ts';
import { sampledAtSchema } from '../trainer/art/sampled-at.ts';

const manifestSchema = z.object({ trainer: z.enum(['art', 'art-local']), sampled_at: sampledAtSchema });

type ArtManifest = z.infer<typeof manifestSchema>;

/**
 * A model whose policy versions are sampled at ART, where it was ART that made them: a version's manifest says at which address
 * and by which name. All other models stay with `model`.
 */
export function createArtModel(options: {
  readonly model: Model;
  readonly artifacts: Artifacts;
  /** The same endpoints by the keys that ART takes. */
  readonly endpoints: Readonly<Record<ArtManifest['trainer'], Model>>;
}): Model {
  const { model, artifacts, endpoints } = options;
  /** By policy version; a manifest never changes. */
  const known = new Map<string, ArtManifest | null>();

  async function sample(request: ModelRequest, signal?: AbortSignal): Promise<ModelResponse> {
    const made = request.apiBase === null ? await manifestOf(request.model) : null;
    if (made === null) return await model.sample(request, signal);
    await requireNewest(request.model, made);
    const { api_base: apiBase, model: name } = made.sampled_at;
    const answer = await endpoints[made.trainer].sample({ ...request, model: name, apiBase }, signal);
    return { ...answer, model: request.model };
  }

  async function check(name: string, apiBase: string | null, signal?: AbortSignal): Promise<void> {
    const made = apiBase === null ? await manifestOf(name) : null;
    if (made === null) {
      await model.check(name, apiBase, signal);
      return;
    }
    await requireNewest(name, made);
    await endpoints[made.trainer].check(made.sampled_at.model, made.sampled_at.api_base, signal);
  }

  async function manifestOf(name: string): Promise<ArtManifest | null> {
    const found = known.get(name);
    if (found !== undefined) return found;
    const version = policyVersionOf(name);
    if (version === null) return null;
    const text = await artifacts.readRunFile(version.run, `${version.path}/manifest.json`);
    // One that is not there yet may come.
    if (text === null) return null;
    const parsed = manifestSchema.safeParse(JSON.parse(text));
    const manifest = parsed.success ? parsed.data : null;
    known.set(name, manifest);
    return manifest;
  }

  /** A name without a version gives whatever is newest, which another step than the one asked for may be. */
  async function requireNewest(name: string, { sampled_at: at }: ArtManifest): Promise<void> {
    const version = policyVersionOf(name);
    if (at.versioned || version === null) return;
    const next = `checkpoints/${stepName(version.step + 1)}/manifest.json`;
    if ((await artifacts.readRunFile(version.run, next)) === null) return;
    const why = `ART gives the newest version of ${at.model} alone, and ${policyModel(version.run, version.step + 1)} is newer than ${name}`;
    throw new SteadfastError('Model.Unknown', why);
  }

  return { sample, check };
}
