/** A file name as a diff writes it, read as git reads it; `fault` says why it is no name that git would write. */
export interface Name {
  readonly path: string;
  readonly fault: string | null;
}

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};
const MOST_SPACES = 64;
/** Two names as long as a file system takes, every byte of them escaped. */
const LONGEST_LINE = 10_000;

/** The name on a `---` or `+++` line without its first folder (`a/`); null for /dev/null. */
export function sideName(written: string): Name | null {
  const name = plainName(written.startsWith('"') ? written : written.replace(/\t.*$/, ''));
  return name.path === '/dev/null' ? null : withoutFirst(name);
}

/** A name as it stands, as on `rename from` lines. */
export function plainName(written: string): Name {
  if (!written.startsWith('"')) return { path: written, fault: null };
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(written)?.[1];
  return inner === undefined ? { path: written, fault: 'a name whose quotes do not close' } : unquoted(inner);
}

/**
 * The one name that both sides of a `diff --git` line have. Unquoted names may hold spaces: the line is cut where both
 * halves are the same file.
 */
export function commonName(rest: string): Name {
  const same = cuts(rest).filter(([old, now]) => old.path === now.path);
  const only = same.length === 1 ? same[0]?.[0] : undefined;
  return only ?? { path: rest, fault: 'a first line that does not name one file' };
}

/** Whether a `diff --git` line names these two files. */
export function namesBoth(rest: string, old: string, now: string): boolean {
  return cuts(rest).some(([one, other]) => one.path === old && other.path === now);
}

/** Every way in which the line can be cut into two names; a bound keeps a line of spaces cheap. */
function cuts(rest: string): [Name, Name][] {
  if (rest.length > LONGEST_LINE) return [];
  const quoted = /^("(?:[^"\\]|\\.)*") /.exec(rest)?.[1];
  const spaces = quoted === undefined ? [...rest.matchAll(/ /g)].map(({ index }) => index) : [quoted.length];
  return spaces.slice(0, MOST_SPACES).flatMap((end) => {
    const [old, now] = [sideName(rest.slice(0, end)), sideName(rest.slice(end + 1))];
    return old === null || now === null ? [] : [[old, now] as [Name, Name]];
  });
}

function withoutFirst({ path, fault }: Name): Name {
  if (path.startsWith('/')) return { path, fault: fault ?? 'an absolute path' };
  const slash = path.indexOf('/');
  return slash === -1
    ? { path, fault: fault ?? 'a name without the folder that git puts before it' }
    : { path: path.slice(slash + 1), fault };
}

/** Undoes git's quoting: C escapes and octal bytes of UTF-8. */
function unquoted(inner: string): Name {
  const bytes: number[] = [];
  let fault: string | null = null;
  for (const [piece] of inner.matchAll(/\\[0-7]{3}|\\.|[^\\]+/gs)) {
    const escape = piece.startsWith('\\') ? piece.slice(1) : null;
    if (escape === null) bytes.push(...Buffer.from(piece));
    else if (/^[0-7]{3}$/.test(escape)) bytes.push(Number.parseInt(escape, 8) & 255);
    else if (ESCAPES[escape] !== undefined) bytes.push(ESCAPES[escape]);
    else fault = 'a name with an escape that git does not have';
  }
  const data = Buffer.from(bytes);
  const path = data.toString('utf8');
  return { path, fault: Buffer.from(path).equals(data) ? fault : 'a name that is not UTF-8' };
}
