import { folded } from './paths.ts';
import type { PatchSection } from './sections.ts';

const LINK = '120000';

/** Whether a part leaves a symbolic link behind. */
export function isLink(section: PatchSection): boolean {
  return !section.deleted && section.modes.some((mode) => mode === LINK);
}

/**
 * Why a link is not brought over; null when it may be. It may point to what lies in the tree, by the shortest way: a
 * `..` after a folder's name may be another place than it seems, where that folder is a link itself. `guarded` tells
 * paths that no second name may be given to.
 */
export function forbiddenLink(section: PatchSection, guarded: (path: string) => boolean): string | null {
  const [path = ''] = section.paths;
  const [target, ...more] = section.added;
  if (section.binary.length > 0 || target === undefined || target === '' || more.length > 0)
    return 'a link whose target cannot be read';
  if (target.startsWith('/')) return 'a link to an absolute path';
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const up = parts.findIndex((part) => part !== '..');
  const down = up === -1 ? [] : parts.slice(up);
  const climbs = parts.length - down.length;
  if (down.includes('..')) return 'a link that climbs after it descended';
  const folder = path.split('/').slice(0, -1);
  if (climbs > folder.length) return 'a link out of the tree';
  if (down.some((part) => folded(part) === '.git')) return "a link into git's own folder";
  const resolved = [...folder.slice(0, folder.length - climbs), ...down].join('/');
  return resolved === '' || guarded(resolved) ? 'a link to tests, or to a folder that holds them' : null;
}

/** Paths below a link that the same patch makes: what is written there lands elsewhere. */
export function belowLinks(sections: readonly PatchSection[]): (path: string) => boolean {
  const links = new Set(sections.filter(isLink).flatMap(({ paths }) => paths.map(folded)));
  return (path) =>
    folded(path)
      .split('/')
      .slice(0, -1)
      .some((_, i, parts) => links.has(parts.slice(0, i + 1).join('/')));
}
