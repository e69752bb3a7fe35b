/** Where the repository stands in every sandbox. */
const REPOSITORY = '/testbed';

/** A pattern of more of them takes long to match, and nobody needs it. */
const STARS = 4;

/** An absolute path without `.` and `..`; null where the folder it is relative to is not known, or a variable is in it. */
export function resolvedPath(path: string, cwd: string | null): string | null {
  if (path === '' || /[$`]/.test(path)) return null;
  if (path.startsWith('~')) return path;
  if (!path.startsWith('/') && cwd === null) return null;
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${cwd}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `${cwd?.startsWith('~') === true && !path.startsWith('/') ? '' : '/'}${parts.join('/')}`;
}

/** The path below the repository; null for one outside of it, and '' for its root. */
export function repositoryPath(path: string): string | null {
  if (path === REPOSITORY) return '';
  return path.startsWith(`${REPOSITORY}/`) ? path.slice(REPOSITORY.length + 1) : null;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Those of the known files that a path means: the file itself, or what a pattern matches. */
export function meant(path: string, files: Iterable<string>): string[] {
  const pattern = /[*?[]/.test(path) && (path.match(/\*+/g) ?? []).length <= STARS ? globOf(path) : null;
  return [...files].filter((file) => file === path || (pattern !== null && pattern.test(file)));
}

/** Those that a path means, and those below the folder that it names. */
export function below(path: string, files: Iterable<string>): string[] {
  const all = [...files];
  const folder = path === '' ? '' : `${path}/`;
  return [...new Set([...meant(path, all), ...all.filter((file) => file.startsWith(folder))])];
}

/** A shell pattern; what it matches may be a folder of the file. Classes match any one character. */
function globOf(pattern: string): RegExp {
  const source = pattern.slice(0, 500).replaceAll(/\*\*\/|\[[^\]]{1,50}\]|\*+|[.+^${}()|\\[\]?]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part.startsWith('*')) return '[^/]*';
    if (part === '?' || (part.startsWith('[') && part.length > 1)) return '[^/]';
    return `\\${part}`;
  });
  return new RegExp(`^${source}(?:/|$)`);
}
