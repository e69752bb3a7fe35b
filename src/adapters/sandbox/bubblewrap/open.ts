import { writeFile } from 'node:fs/promises';
import { SteadfastError } from '../../../domain/failures.ts';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import { PLACES, encodeEnvironment, guestFolder, ownEnvironment } from '../guest.ts';
import { hiddenPaths } from '../hidden.ts';
import { seeingRequirements } from '../requirements.ts';
import { QUIET } from '../supervised.ts';
import type { Task } from '../supervised.ts';
import { layout } from './arguments.ts';
import type { Bind, Layout } from './arguments.ts';
import { canMakeCgroups, makeCgroup } from './cgroup.ts';
import type { Folder, Meta } from './folder.ts';
import { findBubblewrap, makeEtc } from './host.ts';
import type { BubblewrapOptions } from './host.ts';
import { mustRun } from './process.ts';
import { Seeds } from './seeds.ts';
import { supervise } from './supervisor.ts';
import type { Identity } from './supervisor.ts';
import { claimUid } from './uids.ts';

const SEED = '/run/steadfast/seed';
/** Ten seconds of work for the largest repositories, on a host that is short of cores. */
const STEP_MS = 600_000;

/** Opens bubblewrap sandboxes, and knows what their commands see. */
export class Opener {
  private readonly options: BubblewrapOptions;
  private readonly seeds: Seeds;
  private readonly seedsInUse: () => Promise<ReadonlySet<string>>;
  private etc: Promise<string> | null = null;
  private bounded: Promise<boolean> | null = null;

  constructor(options: BubblewrapOptions, seedsInUse: () => Promise<ReadonlySet<string>>) {
    this.options = options;
    this.seeds = new Seeds(options.stateDir);
    this.seedsInUse = seedsInUse;
  }

  /** What a command of an open sandbox sees. */
  async layout(folder: Folder, meta: Meta, scratch: boolean): Promise<Layout> {
    const binds: Bind[] = [
      ...(await this.common(folder)),
      { name: 'testbed', source: folder.at('disk', 'testbed'), target: PLACES.tree, writable: true },
      { name: 'pristine', source: `${meta.seed}/.git`, target: `${PLACES.root}/base.git` },
    ];
    if (meta.requirements !== undefined) {
      binds.push({ name: 'requirements', source: meta.requirements, target: PLACES.requirements });
    }
    if (scratch) {
      binds.push({ name: 'scratch', source: folder.at('scratch'), target: PLACES.scratch, writable: true });
    }
    // The agent may have closed its tree to itself, which is no reason not to read it.
    return layout(bubblewrap(), binds, meta.uid !== null, scratch ? '/' : PLACES.tree);
  }

  async open(folder: Folder, spec: SandboxSpec): Promise<void> {
    if (spec.tree === null) {
      const message = `${spec.instance.instanceId} runs in a container image, which needs Docker: --sandbox docker`;
      throw new SteadfastError('Sandbox.ImageMissing', message);
    }
    const { name, run, deadline } = spec;
    const info = { name, run, createdAt: new Date().toISOString(), deadline };
    await folder.begin(info);
    const root = process.getuid?.() === 0;
    const uid = root ? await claimUid(folder.path) : null;
    this.bounded ??= root ? canMakeCgroups() : Promise.resolve(false);
    const identity = { uid, bounded: await this.bounded };
    if (identity.bounded) await makeCgroup(folder.id, spec.limits);
    await folder.make(uid, spec.limits);
    const requirements = spec.requirements ?? undefined;
    const environment = seeingRequirements(ownEnvironment(), requirements);
    await writeFile(folder.at('environment'), encodeEnvironment(environment));
    const hidden = hiddenPaths(spec);
    const commit = async (path: string) => await this.commit(folder, identity, path, hidden);
    const seed = await this.seeds.of({ tree: spec.tree, hidden }, commit, this.seedsInUse);
    await this.within(
      folder,
      identity,
      ['/bin/cp', '-R', '-P', COPIED, `${SEED}/.`, PLACES.tree],
      [
        { name: 'testbed', source: folder.at('disk', 'testbed'), target: PLACES.tree, writable: true },
        { name: 'seed', source: seed, target: SEED },
      ],
      'named',
    );
    const found = requirements === undefined ? {} : { requirements };
    await folder.open({ ...info, ...identity, seed, ...found });
  }

  /** The one commit, made by the sandbox's git under the sandbox's uid: the host's git runs nowhere. */
  private async commit(
    folder: Folder,
    identity: Identity,
    path: string,
    hidden: readonly string[],
  ): Promise<void> {
    const { uid } = identity;
    if (uid !== null) await mustRun(['chown', '-R', `${uid}:${uid}`, path]);
    await this.within(
      folder,
      identity,
      ['/bin/sh', `${PLACES.guest}/commit.sh`, 'all', ...hidden],
      [{ name: 'testbed', source: path, target: PLACES.tree, writable: true }],
    );
    if (uid !== null) await mustRun(['chown', '-R', '0:0', path]);
  }

  /** Runs a step of the opening; nothing of an agent's is there yet. */
  private async within(
    folder: Folder,
    identity: Identity,
    argv: readonly string[],
    binds: readonly Bind[],
    state: Task['state'] = 'ignored',
  ): Promise<void> {
    const all = [...(await this.common(folder)), ...binds];
    const seen = layout(bubblewrap(), all, identity.uid !== null, '/');
    const answer = await supervise(
      folder,
      identity,
      seen,
      { ...QUIET, argv, timeoutMs: STEP_MS, state },
      { opening: true },
    );
    if ('exitCode' in answer && answer.exitCode === 0) return;
    const output =
      'output' in answer ? Buffer.from(answer.output, 'base64').toString('utf8') : JSON.stringify(answer);
    const full = output.includes('No space left on device');
    const slow = 'timedOut' in answer && answer.timedOut ? ` (longer than ${STEP_MS / 1000} s)` : '';
    const message = full
      ? `The repository is larger than the disk that its sandbox may use: ${output.slice(0, 500)}`
      : `${argv.join(' ')} failed while a sandbox was opened${slow}: ${output}`;
    throw new SteadfastError('Sandbox.Failed', message);
  }

  private async common(folder: Folder): Promise<readonly Bind[]> {
    this.etc ??= makeEtc(this.options.stateDir);
    return [
      { name: 'etc', source: await this.etc, target: '/etc' },
      { name: 'shm', source: folder.at('disk', 'shm'), target: '/dev/shm', writable: true },
      { name: 'tmp', source: folder.at('disk', 'tmp'), target: '/tmp', writable: true },
      { name: 'home', source: folder.at('disk', 'home'), target: PLACES.home, writable: true },
      { name: 'python', source: this.options.pythonEnv, target: PLACES.python },
      { name: 'guest', source: guestFolder, target: PLACES.guest },
    ];
  }
}

/** Owners are the agent's anyway; the rest is as in the tree. */
const COPIED = '--preserve=mode,timestamps,links';

function bubblewrap(): string {
  const path = findBubblewrap();
  if (path === null)
    throw new SteadfastError('Sandbox.Unavailable', 'bubblewrap is not installed (package bubblewrap)');
  return path;
}
