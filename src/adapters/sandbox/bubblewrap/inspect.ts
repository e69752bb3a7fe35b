import { existsSync } from 'node:fs';
import { canMakeCgroups } from './cgroup.ts';
import { HOST_PYTHON, findBubblewrap } from './host.ts';
import { runDetached } from './process.ts';

/** What bubblewrap can promise on this host; `doctor` prints it. */
export interface BubblewrapReport {
  readonly usable: boolean;
  readonly version: string | null;
  /** Why it is not usable, or what it cannot bound. */
  readonly reason: string | null;
  readonly bounds: {
    readonly memory: boolean;
    readonly pids: boolean;
    readonly cpus: boolean;
    readonly disk: boolean;
  };
}

const UNBOUNDED = { memory: false, pids: false, cpus: false, disk: false };
/** An uid on the host that belongs to no sandbox and to nobody. */
const PROBE_UID = '199999';

/** Looks whether bubblewrap works here as sandboxes use it, and whether cgroups can be made. */
export async function inspectBubblewrap(): Promise<BubblewrapReport> {
  const bwrap = findBubblewrap();
  if (process.platform !== 'linux') return no('bubblewrap needs Linux');
  if (bwrap === null) return no('bubblewrap is not installed (package bubblewrap)');
  if (!existsSync(HOST_PYTHON)) return no(`${HOST_PYTHON} is not there (package python3)`);
  const version =
    (await runDetached([bwrap, '--version'], null)).stdout.toString('utf8').trim().split(' ')[1] ?? null;
  const root = process.getuid?.() === 0;
  const become = root ? ['setpriv', '--reuid', PROBE_UID, '--regid', PROBE_UID, '--clear-groups'] : [];
  const options = ['--unshare-all', '--unshare-user', '--disable-userns', '--cap-drop', 'ALL'];
  const binds = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'];
  const tried = await runDetached([...become, bwrap, ...options, ...binds, '/bin/true'], null);
  if (tried.code !== 0)
    return no(`bubblewrap ${version} does not work here: ${tried.stderr.trim()}`, version);
  if (!root) {
    return {
      usable: true,
      version,
      reason: 'memory, processes, CPU and disk are unbounded without root',
      bounds: UNBOUNDED,
    };
  }
  const cgroups = await canMakeCgroups();
  const reason = cgroups ? null : 'memory, processes and CPU are unbounded: no cgroup can be made';
  return {
    usable: true,
    version,
    reason,
    bounds: { memory: cgroups, pids: cgroups, cpus: cgroups, disk: true },
  };
}

function no(reason: string, version: string | null = null): BubblewrapReport {
  return { usable: false, version, reason, bounds: UNBOUNDED };
}
