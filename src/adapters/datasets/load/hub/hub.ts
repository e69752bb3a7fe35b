import { readFile } from 'node:fs/promises';
import { datasetInfo, downloadFile, HubApiError, listFiles } from '@huggingface/hub';
import { SteadfastError } from '../../../../domain/failures.ts';
import type { DataSelection } from '../../../../domain/run-config.ts';
import type { Located } from '../located.ts';
import { filesOfSplit } from '../splits.ts';
import { HubCache, type HubFile, type HubListing } from './hub-cache.ts';
import { splitsOfHub } from './hub-configs.ts';
import { createHubFetch, RETRY_DELAYS_MS } from './hub-fetch.ts';

/** Where data sets of the Hugging Face hub come from, and where they are kept. */
export interface HubSettings {
  /** HF_ENDPOINT, or the official one. */
  readonly url: string;
  /** HF_TOKEN; null looks into `tokenFile`. */
  readonly token: string | null;
  /** Where `hf auth login` writes. */
  readonly tokenFile: string;
  /** HF_HOME/hub, which all of Hugging Face's own clients share. */
  readonly folder: string;
  /** Delays before the second and later tries of a request. */
  readonly retryDelaysMs?: readonly number[];
}

/** Data sets of the hub. */
export interface Hub {
  /**
   * The files of a split at a commit, downloaded once. `Instance.SourceMissing` says why a data set cannot be had, and
   * that `path` was looked at too.
   */
  locate(
    name: string,
    selection: Pick<DataSelection, 'split' | 'revision'>,
    path: string,
    signal?: AbortSignal,
  ): Promise<Located>;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** Also the name of a file in the cache. */
const REVISION = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/;

/** How often the bytes of one file are asked for. */
const DOWNLOADS = 3;

/** A hub by its settings; nothing is asked of it before a data set is. */
export function createHub(settings: HubSettings, cacheDir: string): Hub {
  return {
    async locate(name, { split, revision }, path, signal) {
      if (revision !== null && !REVISION.test(revision)) {
        const message = `revision is ${JSON.stringify(revision)}; expected a branch, a tag or a commit of ${name}`;
        throw new SteadfastError('Config.Invalid', message);
      }
      const client = clientOf(settings, signal);
      const cache = new HubCache(settings.folder, cacheDir, name);
      try {
        const listing = await listingOf(client, cache, name, revision);
        const { commit, files } = listing;
        const splits = splitsOfHub(
          listing.configs,
          files.map((file) => file.path),
        );
        if (splits.size === 0) {
          const message = `The data set ${name} at ${commit} holds no data file; expected .parquet, .jsonl or .json`;
          throw new SteadfastError('Instance.Invalid', message);
        }
        const wanted = filesOfSplit(splits, split, name);
        for (const file of files) {
          if (wanted.includes(file.path)) await download(client, cache, name, commit, file);
        }
        return {
          files: wanted.map((file) => ({ path: cache.placeOf(commit, file), name: `${name}/${file}` })),
          revision: commit,
          mayNameFolders: false,
        };
      } catch (cause) {
        if (cause instanceof SteadfastError || signal?.aborted === true) throw cause;
        throw missing(name, revision, path, settings, cause);
      }
    },
  };
}

interface Client {
  readonly hubUrl: string;
  readonly fetch: typeof fetch;
}

function clientOf(settings: HubSettings, signal: AbortSignal | undefined): Client {
  const token = async (): Promise<string | null> =>
    settings.token ?? ((await readFile(settings.tokenFile, 'utf8').catch(() => '')).trim() || null);
  const delaysMs = settings.retryDelaysMs ?? RETRY_DELAYS_MS;
  return { hubUrl: settings.url, fetch: createHubFetch({ url: settings.url, token, delaysMs, signal }) };
}

/** Of a commit that was listed before, nothing is asked; with the hub out of reach, a branch is what it last was. */
async function listingOf(
  client: Client,
  cache: HubCache,
  name: string,
  revision: string | null,
): Promise<HubListing> {
  const wanted = revision ?? 'main';
  const known = COMMIT.test(wanted) ? await cache.listing(wanted) : null;
  if (known !== null) return known;
  try {
    const info = await datasetInfo({
      name,
      revision: wanted,
      additionalFields: ['sha', 'cardData'],
      ...client,
    });
    const commit = info.sha;
    const listing = (await cache.listing(commit)) ?? (await list(client, name, commit, info.cardData));
    await cache.keepListing(listing);
    if (!COMMIT.test(wanted)) await cache.noteCommit(wanted, commit);
    return listing;
  } catch (error) {
    const commit = error instanceof HubApiError ? null : await cache.commitOf(wanted);
    const kept = commit === null ? null : await cache.listing(commit);
    if (kept === null) throw error;
    return kept;
  }
}

async function list(client: Client, name: string, commit: string, card: unknown): Promise<HubListing> {
  const files: HubFile[] = [];
  const found = listFiles({
    repo: { type: 'dataset', name },
    revision: commit,
    recursive: true,
    ...client,
  });
  for await (const { type, path, size, oid, lfs } of found) {
    if (type !== 'file') continue;
    const id = lfs?.oid ?? oid ?? '';
    // Paths and ids become names in the cache.
    if (path.split('/').includes('..') || path.startsWith('/') || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(id)) {
      throw new Error(`the hub lists ${JSON.stringify(path)} with the id ${JSON.stringify(id)}`);
    }
    files.push({ path, size: lfs?.size ?? size, id, isLarge: lfs !== undefined });
  }
  const configs = typeof card === 'object' && card !== null && 'configs' in card ? card.configs : null;
  return { commit, files, configs };
}

async function download(
  client: Client,
  cache: HubCache,
  name: string,
  commit: string,
  file: HubFile,
): Promise<void> {
  for (let tried = 1; !(await cache.has(commit, file)); tried++) {
    try {
      const blob = await downloadFile({
        repo: { type: 'dataset', name },
        path: file.path,
        revision: commit,
        // The plain protocol is the one that mirrors and proxies speak.
        xet: false,
        ...client,
      });
      if (blob === null) throw new Error(`the hub lists ${file.path}, but does not have it`);
      await cache.add(commit, file, blob.stream());
    } catch (error) {
      if (tried === DOWNLOADS || error instanceof HubApiError) throw error;
    }
  }
}

function missing(
  name: string,
  revision: string | null,
  path: string,
  { url }: HubSettings,
  cause: unknown,
): SteadfastError {
  const at = revision === null ? '' : ` at ${revision}`;
  const status = cause instanceof HubApiError ? cause.statusCode : null;
  const why =
    status === 404
      ? `${url} has no data set ${name}${at}`
      : status === 401 || status === 403
        ? `${url} refuses the data set ${name}${at} (${status}): there is none, or it needs an HF_TOKEN that may read it`
        : `the data set ${name}${at} could not be had from ${url}: ${reasonOf(cause)}`;
  const message = `The data ${name} cannot be read: there is no file or folder (looked at ${path}), and ${why}`;
  return new SteadfastError('Instance.SourceMissing', message, { cause });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message} (${cause.cause.message})` : cause.message;
}
