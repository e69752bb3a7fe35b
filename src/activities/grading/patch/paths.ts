const LONGEST_NAME = 255;
const LONGEST_PATH = 1024;
/** Code points that file systems or screens leave out: a name with them looks like another one. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
const CONTROL = /\p{Cc}/u;
/** Folders that are never a part of a fix: caches that Python and pytest would read in place of the sources. */
const CACHES: ReadonlySet<string> = new Set(['__pycache__', '.pytest_cache']);

/**
 * A path as the laxest file system would compare it: letters of one case and one form, invisible ones left out. Used
 * for comparing alone.
 */
export function folded(path: string): string {
  return path.normalize('NFKC').replace(INVISIBLE, '').toLowerCase().normalize('NFKC');
}

/** Why no file of that path is ever brought over; null when one may be. */
export function forbiddenPath(path: string): string | null {
  if (CONTROL.test(path)) return 'a name with control characters';
  if (path.search(INVISIBLE) !== -1 || path.includes('\ufffd')) return 'a name that looks like another';
  if (path.startsWith('/')) return 'an absolute path';
  const parts = path.split('/');
  if (parts.includes('..')) return 'a path out of the tree';
  if (parts.some((part) => part === '' || part === '.')) return 'a path with empty parts';
  if (Buffer.byteLength(path) > LONGEST_PATH || parts.some((part) => Buffer.byteLength(part) > LONGEST_NAME))
    return 'a name longer than file systems take';
  if (parts.some(isGit)) return "a part of git's own folder";
  if (folded(parts.at(-1) ?? '') === '.gitmodules') return 'a list of submodules';
  return parts.some((part) => CACHES.has(folded(part))) ? 'a cache that would stand in for a source' : null;
}

/** `.git` however it is written, as file systems that ignore case, trailing dots or streams would find it. */
function isGit(part: string): boolean {
  return /^(?:\.git|git~\d+)(?:[ .]*|:.*|\\.*)$/.test(folded(part));
}
