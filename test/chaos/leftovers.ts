import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { cgroupOf } from '../../src/adapters/sandbox/bubblewrap/cgroup.ts';
import { Folder } from '../../src/adapters/sandbox/bubblewrap/folder.ts';
import { LABELS } from '../../src/adapters/sandbox/docker/container.ts';
import { sandboxName } from '../../src/domain/ids.ts';
import { workflowsOf } from './histories.ts';
import type { ChaosWorld } from './world.ts';

/** More than any try moves or grades a rollout; a name too many costs a look at a folder. */
const EPOCHS = 5;
const GRADINGS = 8;
/** What the issue allows for leases and reapers to do their work. */
export const WITHIN_MS = 60_000;

/** I3: what of a run is still there, in words; asked again until nothing is, or the time is over. */
export async function leftoversOf(
  world: ChaosWorld,
  run: string,
  withinMs = WITHIN_MS,
): Promise<readonly string[]> {
  const rollouts = (await workflowsOf(world, run)).filter(({ type }) => type === 'rollout');
  const names = rollouts.flatMap(({ workflowId }) => sandboxNames(workflowId));
  const folders = [...world.homes.values()].flatMap((home) =>
    names.map((name) => Folder.of(sandboxesOf(home), name)),
  );
  return await untilNone(
    async () => [
      ...(await traces(folders)),
      ...(await openedBy(world, run)),
      ...(await containersOf(world, run)),
      ...(await snapshotsOf(world, run)),
    ],
    withinMs,
  );
}

/** What is still there of any run of a world; all of its runs have ended. */
export async function worldLeftovers(world: ChaosWorld, withinMs = WITHIN_MS): Promise<readonly string[]> {
  return await untilNone(async () => {
    const found: string[] = [];
    for (const home of world.homes.values()) {
      const hashes = await readdir(sandboxesOf(home)).catch(() => []);
      found.push(...(await traces(hashes.map((hash) => Folder.ofHash(sandboxesOf(home), hash)))));
    }
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
    found.push(...mounts.filter((line) => line.includes(world.root)).map((line) => `mount ${line}`));
    found.push(...(await halfWritten(world.store)));
    return found;
  }, withinMs);
}

/** A bubblewrap host keeps its sandboxes here. */
export function sandboxesOf(home: string): string {
  return join(home, 'sandboxes', 'sandboxes');
}

function sandboxNames(rollout: string): readonly string[] {
  return Array.from({ length: EPOCHS }, (_, i) => sandboxName(rollout, i + 1)).flatMap((name) => [
    name,
    ...Array.from({ length: GRADINGS }, (_, i) => `${name}/grade-${i + 1}`),
  ]);
}

async function untilNone(
  look: () => Promise<readonly string[]>,
  withinMs: number,
): Promise<readonly string[]> {
  for (const end = Date.now() + withinMs; ; await sleep(250)) {
    const found = [...new Set(await look())];
    if (found.length === 0 || Date.now() > end) return found;
  }
}

/** Folders, mounts, cgroups and processes of sandboxes. */
async function traces(folders: readonly Folder[]): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const found: string[] = [];
  const paths = new Set<string>();
  for (const { path, id } of folders) {
    paths.add(path);
    if (existsSync(path)) found.push(`folder ${path}`);
    if (mounts.includes(path)) found.push(`mount below ${path}`);
    for (const cgroup of cgroupOf(id).joins.map(dirname)) {
      if (existsSync(cgroup)) found.push(`cgroup ${cgroup}`);
    }
  }
  return [...found, ...(await processesOf(paths))];
}

/** Processes whose uid is claimed for a folder, and supervisors that name one. */
async function processesOf(paths: ReadonlySet<string>): Promise<readonly string[]> {
  const uids = new Set<string>();
  const claims = '/run/steadfast-uids';
  for (const uid of await readdir(claims).catch(() => [])) {
    if (paths.has(await readFile(join(claims, uid), 'utf8').catch(() => ''))) uids.add(uid);
  }
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const named = command.split(/[\0 ]/).some((word) => [...paths].some((path) => word.startsWith(path)));
    const status = uids.size === 0 ? '' : await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const uid = /^Uid:\s+(\d+)/m.exec(status)?.[1] ?? '';
    if (named || uids.has(uid)) found.push(`process ${pid} ${command.replaceAll('\0', ' ').slice(0, 120)}`);
  }
  return found;
}

/** Sandboxes that say they are of the run, under whatever name. */
async function openedBy(world: ChaosWorld, run: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const home of world.homes.values()) {
    for (const hash of await readdir(sandboxesOf(home)).catch(() => [])) {
      const folder = Folder.ofHash(sandboxesOf(home), hash);
      const meta = await folder.meta();
      if (meta?.run === run) found.push(`folder ${folder.path}`);
    }
  }
  return found;
}

async function containersOf(world: ChaosWorld, run: string): Promise<readonly string[]> {
  if (world.sandbox === 'bubblewrap') return [];
  const filters = { label: [`${LABELS.run}=${run}`] };
  const containers = await new Docker().listContainers({ all: true, filters });
  return containers.map(({ Id, Labels }) => `container ${Id.slice(0, 12)} ${Labels[LABELS.name]}`);
}

async function snapshotsOf(world: ChaosWorld, run: string): Promise<readonly string[]> {
  const files = await world.artifacts.listRunFiles(run, 'snapshots');
  return files.map((file) => `snapshot ${run}/snapshots/${file}`);
}

async function halfWritten(store: string): Promise<readonly string[]> {
  const files = await readdir(store, { recursive: true }).catch(() => []);
  return files.filter((file) => file.endsWith('.part')).map((file) => `half-written file ${file}`);
}
