import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

/** A data set at one commit, as a hub serves it. */
export interface ServedCommit {
  readonly sha: string;
  readonly files: Readonly<Record<string, Buffer>>;
  readonly card?: unknown;
}

/** What a test may have the server do instead of answering. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * As much of the Hugging Face hub as its client asks: what a data set is at a revision, its files (two a page), and their
 * bytes. Files above 10 KB are served as from a large-file store.
 */
export async function hubServer(t: TestContext, name: string, revisions: Record<string, ServedCommit>) {
  const asked: string[] = [];
  const state: { fault: Fault; token: string | null } = { fault: () => false, token: null };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://hub');
    const path = decodeURIComponent(url.pathname);
    asked.push(`${path}${request.headers.range === undefined ? '' : ` ${request.headers.range}`}`);
    if (state.fault(request, response)) return;
    if (state.token !== null && request.headers.authorization !== `Bearer ${state.token}`) {
      return json(response, 401, { error: 'Invalid username or password.' });
    }
    const [, kind, revision = '', file = ''] =
      new RegExp(`^(?:/api)?/datasets/${name}/(revision|tree|resolve)/([^/]+)/?(.*)$`).exec(path) ?? [];
    const commit = revisions[revision] ?? Object.values(revisions).find(({ sha }) => sha === revision);
    if (kind === undefined || commit === undefined) {
      return json(response, 404, { error: 'Repository not found' });
    }
    if (kind === 'revision') {
      return json(response, 200, { _id: '1', id: name, sha: commit.sha, cardData: commit.card ?? null });
    }
    if (kind === 'tree') return tree(response, url, commit);
    serve(request, response, commit.files[file]);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, state };
}

function tree(response: ServerResponse, url: URL, commit: ServedCommit): void {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const entries = Object.entries(commit.files).map(([path, bytes]) => {
    const isLarge = bytes.length > 10_000;
    const lfs = {
      oid: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      pointerSize: 130,
    };
    return {
      type: 'file',
      path,
      size: bytes.length,
      oid: createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex'),
      ...(isLarge ? { lfs } : {}),
    };
  });
  if (from + 2 < entries.length) {
    url.searchParams.set('cursor', String(from + 2));
    const host = String(response.req.headers.host);
    response.setHeader('link', `<http://${host}${url.pathname}${url.search}>; rel="next"`);
  }
  json(response, 200, entries.slice(from, from + 2));
}

function serve(request: IncomingMessage, response: ServerResponse, bytes: Buffer | undefined): void {
  if (bytes === undefined) {
    response.setHeader('x-error-code', 'EntryNotFound');
    return json(response, 404, { error: 'Entry not found' });
  }
  response.setHeader('etag', `"${createHash('sha1').update(bytes).digest('hex')}"`);
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    return;
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
  response.writeHead(206, { 'content-range': `bytes ${start}-${end}/${bytes.length}` });
  response.end(bytes.subarray(start, end + 1));
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
