import { SteadfastError } from '../domain/failures.ts';
import type { TurnLink } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { isDamage } from './stored.ts';

export type ModelLink = Extract<TurnLink, { kind: 'model' }>;

/** Stores a link and answers the new head. The same link stored twice is the same blob. */
export async function appendLink(artifacts: Artifacts, link: TurnLink): Promise<string> {
  return await artifacts.putJson(link);
}

/** The whole transcript that a head names, oldest link first. */
export async function readTranscript(artifacts: Artifacts, head: string): Promise<readonly TurnLink[]> {
  const links: TurnLink[] = [];
  for (let at: string | null = head; at !== null;) {
    const link = await readLink(artifacts, at);
    links.push(link);
    at = link.parent;
  }
  return links.toReversed();
}

/** The newest part of a transcript up to the first link that was lost or changed on disk, oldest link first. */
export async function readableTranscript(
  artifacts: Artifacts,
  head: string,
): Promise<{ readonly links: readonly TurnLink[]; readonly damaged: boolean }> {
  const links: TurnLink[] = [];
  try {
    for (let at: string | null = head; at !== null;) {
      const link = await readLink(artifacts, at);
      links.push(link);
      at = link.parent;
    }
    return { links: links.toReversed(), damaged: false };
  } catch (error) {
    if (!isDamage(error)) throw error;
    return { links: links.toReversed(), damaged: true };
  }
}

/** The newest model turn before or at a head. */
export async function newestModelLink(artifacts: Artifacts, head: string): Promise<ModelLink> {
  for (let at: string | null = head; at !== null;) {
    const link = await readLink(artifacts, at);
    if (link.kind === 'model') return link;
    at = link.parent;
  }
  throw new SteadfastError('Artifact.Corrupt', `the transcript ${head} holds no model turn`);
}

async function readLink(artifacts: Artifacts, sha256: string): Promise<TurnLink> {
  const value = await artifacts.getJson(sha256);
  if (!isLink(value)) throw new SteadfastError('Artifact.Corrupt', `${sha256} is not a link of a transcript`);
  return value;
}

/** Links are written by this project alone and checked by their hash, so their kind and parent tell enough. */
function isLink(value: unknown): value is TurnLink {
  if (typeof value !== 'object' || value === null || !('kind' in value) || !('parent' in value)) return false;
  if (value.kind === 'start') return value.parent === null;
  return (value.kind === 'model' || value.kind === 'tool') && typeof value.parent === 'string';
}
