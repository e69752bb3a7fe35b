import type Docker from 'dockerode';
import type { SandboxLimits, SandboxSpec } from '../../../ports/sandbox.ts';
import { AGENT_UID, PLACES } from '../guest.ts';
import { coveredFolders } from '../hidden.ts';
import { hashOf } from '../supervised.ts';

/** Labels by which sandboxes are found again. */
export const LABELS = {
  mark: 'steadfast',
  name: 'steadfast.name',
  run: 'steadfast.run',
  created: 'steadfast.created',
  deadline: 'steadfast.deadline',
} as const;

/** For the records of root's own: kept results, the pristine git data, the first process. */
const OVERHEAD_BYTES = 64 << 20;

/** An empty file system, which hides a folder of the image. */
const NOTHING = 'ro,noexec,nosuid,nodev,size=4k';

/** The container of a sandbox; its real name is a label, since a container's may hold no `/`. */
export function containerName(name: string): string {
  return `steadfast-${hashOf(name)}`;
}

/**
 * A container without network, where root has only what it takes to become the agent, and the agent nothing. Nothing
 * can be written but file systems of limited size, in memory: `storage-opt size` is refused on most hosts, and so
 * memory is what may be used for itself and what may be written to disk together. `treeBytes` is what the image's own
 * /testbed takes, which comes on top: some of the benchmarks' are larger than all that an agent may write.
 */
export function containerOptions(
  spec: SandboxSpec,
  image: string,
  treeBytes = 0,
): Docker.ContainerCreateOptions {
  const { limits } = spec;
  // The tree, its objects loose and then packed (a source packs to half or less), and the kept copy of those.
  const [inTree, inRoot] = [treeBytes * 2, treeBytes];
  const memory = limits.memoryBytes + limits.diskBytes + OVERHEAD_BYTES + inTree + inRoot;
  return {
    name: containerName(spec.name),
    Image: image,
    // Waits for ever, reaping what the agent's processes leave; as the first process it ignores their signals.
    Entrypoint: ['/bin/sh', '-c', 'while :; do sleep 86400 & wait $!; done'],
    Cmd: [],
    User: '0:0',
    WorkingDir: '/',
    Hostname: 'sandbox',
    Labels: labelsOf(spec),
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      CapAdd: ['SETUID', 'SETGID'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      Memory: memory,
      MemorySwap: memory,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.pids,
      IpcMode: 'private',
      ShmSize: share(limits, 1 / 16),
      Tmpfs: {
        [PLACES.tree]: agents(share(limits, 1 / 2) + inTree),
        '/tmp': agents(share(limits, 5 / 16), '1777'),
        [PLACES.home]: agents(share(limits, 1 / 8)),
        [PLACES.scratch]: `${agents(limits.diskBytes)},noexec`,
        [PLACES.root]: `rw,noexec,nosuid,nodev,size=${OVERHEAD_BYTES + limits.diskBytes + inRoot},mode=0711`,
        [PLACES.guest]: 'rw,exec,nosuid,nodev,size=4m,mode=0755',
        ...Object.fromEntries(coveredFolders(spec).map((path) => [path, NOTHING])),
      },
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
  };
}

/**
 * A container that never runs and gives its image's files. Listed and closed like a sandbox, lest it outlives a maker
 * that was killed.
 */
export function helperOptions(spec: SandboxSpec, image: string): Docker.ContainerCreateOptions {
  const name = `${spec.name}/helper`;
  return { name: containerName(name), Image: image, Cmd: ['true'], Labels: labelsOf({ ...spec, name }) };
}

function labelsOf({ name, run, deadline }: SandboxSpec): Record<string, string> {
  return {
    [LABELS.mark]: '1',
    [LABELS.name]: name,
    [LABELS.run]: run,
    [LABELS.created]: new Date().toISOString(),
    [LABELS.deadline]: deadline,
  };
}

function share(limits: SandboxLimits, part: number): number {
  return Math.floor(limits.diskBytes * part);
}

function agents(bytes: number, mode = '0755'): string {
  const inodes = Math.max(1024, Math.floor(bytes / 4096));
  return `rw,exec,nosuid,nodev,size=${bytes},nr_inodes=${inodes},mode=${mode},uid=${AGENT_UID},gid=${AGENT_UID}`;
}
