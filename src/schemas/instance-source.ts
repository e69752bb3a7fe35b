import { z } from 'zod';

const PLAIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]*$/;

/** `https://…`, `ssh://…`, `git://…`, `file://…` or `git@host:path`: what git clones without running a helper of its own. */
const GIT_URL = /^((https?|ssh|git|file):\/\/[^\s]+|[A-Za-z0-9_.-]+@[A-Za-z0-9_.-]+:[^\s]+)$/;

const sourceObject = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('pypi-sdist'),
    name: z.string().regex(PLAIN_NAME),
    version: z.string().min(1),
    filename: z.string().regex(PLAIN_NAME),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({
    kind: z.literal('git'),
    url: z.string().regex(GIT_URL),
    commit: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
  }),
  // The digest is of the folder's content, so whoever reads the data adds it.
  z.object({ kind: z.literal('folder'), path: z.string().min(1) }),
]);

/** Where a record's repository comes from: an object, or the JSON text of one. */
export const sourceSchema = z.preprocess(sourceInRecord, sourceObject);

/** A record's source, parsed where it is JSON text; whatever else stands there is left as it is. */
export function sourceInRecord(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What each field of a source should hold, for messages. */
export const SOURCE_EXPECTED: Readonly<Record<string, string>> = {
  source:
    'an object {kind: "pypi-sdist", name, version, filename, sha256}, {kind: "git", url, commit} or {kind: "folder", path}',
  'source.kind': '"pypi-sdist", "git" or "folder"',
  'source.name': 'the name of a package',
  'source.version': 'a non-empty string',
  'source.filename': 'the name of a file, without folders',
  'source.sha256': '64 hexadecimal digits',
  'source.url': 'a URL that git clones: https, ssh, git or file',
  'source.commit': 'a full commit hash',
  'source.path': 'the path of a folder, absolute or relative to the data file',
};
