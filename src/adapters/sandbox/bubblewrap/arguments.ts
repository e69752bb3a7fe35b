import { lstatSync } from 'node:fs';
import { AGENT_UID } from '../guest.ts';

/** A folder of the host that a command sees. */
export interface Bind {
  /** Its name on the stage, where `guest/launch.py` mounts what the agent's uid could not reach by its path. */
  readonly name: string;
  readonly source: string;
  readonly target: string;
  readonly writable?: true;
}

/** What a command's namespaces are made of. */
export interface Layout {
  /** Folders by their names on the stage; null where the user's own uid can reach them by their paths. */
  readonly stage: Readonly<Record<string, string>> | null;
  /** bubblewrap with its options; the command follows. */
  readonly argv: readonly string[];
}

/** The same as in `guest/launch.py`. */
const STAGE = '/tmp';

/**
 * The namespaces of one command: the host's /usr, the given folders in their order (a later one may stand in an
 * earlier), no network, no capabilities, no way to further user namespaces.
 */
export function layout(bwrap: string, binds: readonly Bind[], staged: boolean, cwd: string): Layout {
  const mounts = binds.flatMap(({ name, source, target, writable }) => [
    writable === true ? '--bind' : '--ro-bind',
    staged ? `${STAGE}/${name}` : source,
    target,
  ]);
  const argv = [
    `${bwrap} --unshare-all --unshare-user --disable-userns --cap-drop ALL`,
    `--uid ${AGENT_UID} --gid ${AGENT_UID} --hostname sandbox`,
    '--die-with-parent --new-session --json-status-fd 4 --ro-bind /usr /usr',
    systemFolders(),
    '--proc /proc --dev /dev',
    mounts,
    '--ro-bind-try /etc/ld.so.cache /etc/ld.so.cache --ro-bind-try /etc/alternatives /etc/alternatives',
    // Last: both are file systems in memory that nothing else limits.
    `--remount-ro /dev --remount-ro / --chdir ${cwd} --`,
  ].flatMap((part) => (typeof part === 'string' ? part.split(' ') : part));
  return { stage: staged ? Object.fromEntries(binds.map(({ name, source }) => [name, source])) : null, argv };
}

/** /bin, /lib and their like: links into /usr, or folders of their own on older systems. */
function systemFolders(): readonly string[] {
  return ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => {
    const entry = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (entry === undefined) return [];
    return entry.isSymbolicLink()
      ? ['--symlink', `usr/${name}`, `/${name}`]
      : ['--ro-bind', `/${name}`, `/${name}`];
  });
}
