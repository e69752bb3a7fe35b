import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import type { Config } from '../config.ts';
import { firstLine, required } from './doctor-machine.ts';
import type { DoctorRow } from './doctor.ts';
import { dockerAnswers, dockerComponents } from './setup/docker.mjs';

/** What rollouts can be shut into on this machine: Docker with its runc, bubblewrap, and cgroups for the latter. */
export async function isolationRows(config: Pick<Config, 'environment'>): Promise<DoctorRow[]> {
  const host = config.environment['DOCKER_HOST'];
  const [docker, components, bubblewrap] = await Promise.all([
    dockerAnswers(host),
    dockerComponents(host),
    firstLine('bwrap', ['--version']),
  ]);
  const other = docker === undefined && bubblewrap === undefined ? 'missing' : 'ok';
  const install = 'install Docker, or bubblewrap (Debian: apt-get install bubblewrap)';
  const absent = (part: string): DoctorRow => ({
    part,
    found: 'not found',
    state: other,
    hint: other === 'ok' ? '' : install,
  });
  return [
    docker === undefined ? absent('Docker') : required('Docker', docker, ''),
    ...(docker === undefined ? [] : [required('runc', components['runc'], 'runc did not say its version')]),
    bubblewrap === undefined ? absent('bubblewrap') : required('bubblewrap', bubblewrap, ''),
    cgroupRow(cgroupKind()),
  ];
}

/** How processes can be bounded in memory and number here: a writable cgroup v2 or v1 hierarchy, or not at all. */
export type CgroupKind = 'v2' | 'v1' | 'none';

/** The row for cgroups: without one, bubblewrap cannot bound memory and pids, and `auto` does not choose it. */
export function cgroupRow(kind: CgroupKind): DoctorRow {
  if (kind !== 'none') return { part: 'cgroups', found: `${kind}, writable`, state: 'ok', hint: '' };
  return {
    part: 'cgroups',
    found: 'none that can be written',
    state: 'warn',
    hint: 'bubblewrap sandboxes would have no bound on memory and processes; use Docker, or run as root',
  };
}

function cgroupKind(): CgroupKind {
  const root = '/sys/fs/cgroup';
  if (existsSync(`${root}/cgroup.controllers`)) return isWritable(ownGroup(root)) ? 'v2' : 'none';
  return isWritable(`${root}/memory`) && isWritable(`${root}/pids`) ? 'v1' : 'none';
}

/** This process's own group: what a user's session may write lies below it. */
function ownGroup(root: string): string {
  const [, path = ''] = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? [];
  return `${root}${path}`;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
