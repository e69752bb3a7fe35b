import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { SteadfastError } from '../../domain/failures.ts';
import type { SandboxChoice } from '../../domain/run-config.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { type BubblewrapReport, inspectBubblewrap } from './bubblewrap/inspect.ts';
import type { BubblewrapOptions } from './bubblewrap/host.ts';
import { createBubblewrapSandbox } from './bubblewrap/sandbox.ts';
import { connect, whyUnreachable } from './docker/client.ts';
import type { ImageOptions } from './docker/image.ts';
import { createDockerSandbox } from './docker/sandbox.ts';

/** What sandboxes of either kind are made with. */
export type SandboxesOptions = BubblewrapOptions & ImageOptions;

/** The sandboxes of this host, each adapter made once. */
export interface Sandboxes {
  /** The adapter for a run's choice; throws `Sandbox.Unavailable` where the host has none. */
  choose(choice: SandboxChoice): Promise<Sandbox>;
  /** Every adapter that may hold a sandbox on this host. */
  all(): Promise<readonly Sandbox[]>;
}

/**
 * `auto` takes Docker where a daemon answers, else bubblewrap where it can bound memory and processes. It decides once: a
 * daemon that is away for a while is waited for, since a rollout must not find itself in another environment.
 */
export function createSandboxes(options: SandboxesOptions, docker: Docker = connect()): Sandboxes {
  const byDocker = createDockerSandbox(options, docker);
  const byBubblewrap = createBubblewrapSandbox(options);
  let inspection: Promise<BubblewrapReport> | null = null;
  let decision: Promise<Sandbox> | null = null;
  /** Whether the daemon has answered in this process: it may hold sandboxes, whether or not it answers now. */
  let hasDocker = false;
  const decided = join(options.stateDir, 'auto-takes-docker');

  /** Null when the daemon answers, or why it does not. */
  async function askDocker(): Promise<string | null> {
    const why = await whyUnreachable(docker);
    hasDocker ||= why === null;
    return why;
  }

  async function decide(): Promise<Sandbox> {
    const dockerSays = await askDocker();
    if (dockerSays === null) {
      await remember(decided);
      return byDocker;
    }
    if (existsSync(decided)) {
      throw new SteadfastError(
        'Sandbox.Unavailable',
        `The Docker daemon, which \`auto\` has taken on this host before, does not answer: ${dockerSays}. ` +
          `Start it, or choose --sandbox bubblewrap; removing ${decided} has \`auto\` decide anew`,
      );
    }
    const report = await inspected();
    if (report.usable && report.bounds.memory && report.bounds.pids) return byBubblewrap;
    const why = report.usable
      ? `it bounds neither memory nor processes here: ${report.reason}`
      : report.reason;
    const message =
      `No sandbox: Docker does not answer (${dockerSays}); bubblewrap: ${why}. ` +
      'Install Docker and start its daemon, or install bubblewrap 0.8 and run as root where cgroups can be made, ' +
      'or take bubblewrap without those bounds by --sandbox bubblewrap';
    throw new SteadfastError('Sandbox.Unavailable', message);
  }

  /** Inspected once for all callers, since it starts processes and makes a cgroup of one name; again only after a refusal. */
  async function inspected(): Promise<BubblewrapReport> {
    inspection ??= inspectBubblewrap();
    const report = await inspection;
    if (!report.usable || report.reason !== null) inspection = null;
    return report;
  }

  return {
    async choose(choice) {
      if (choice === 'auto') {
        decision ??= decide();
        // Only an answer is kept: what is lacking may be there at the next call.
        decision.catch(() => (decision = null));
        return await decision;
      }
      if (choice === 'docker') {
        const dockerSays = await askDocker();
        if (dockerSays === null) return byDocker;
        throw new SteadfastError('Sandbox.Unavailable', `The Docker daemon does not answer: ${dockerSays}`);
      }
      const report = await inspected();
      if (report.usable) return byBubblewrap;
      throw new SteadfastError('Sandbox.Unavailable', report.reason ?? 'bubblewrap cannot be used');
    },

    async all() {
      const local = process.platform === 'linux' ? [byBubblewrap] : [];
      return hasDocker || (await askDocker()) === null ? [byDocker, ...local] : local;
    },
  };
}

/** For the processes after this one; a state folder that cannot be written to fails where it is used. */
async function remember(path: string): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true })
    .then(async () => await writeFile(path, ''))
    .catch(() => undefined);
}
