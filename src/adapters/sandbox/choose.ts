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

/** `auto` takes Docker where a daemon answers, else bubblewrap where it can bound memory and processes. */
export function createSandboxes(options: SandboxesOptions, docker: Docker = connect()): Sandboxes {
  const byDocker = createDockerSandbox(options, docker);
  const byBubblewrap = createBubblewrapSandbox(options);
  let inspection: Promise<BubblewrapReport> | null = null;

  /** Inspected once for all callers, since it starts processes and makes a cgroup of one name; again only after a refusal. */
  async function inspected(): Promise<BubblewrapReport> {
    inspection ??= inspectBubblewrap();
    const report = await inspection;
    if (!report.usable || report.reason !== null) inspection = null;
    return report;
  }

  return {
    async choose(choice) {
      const dockerSays = choice === 'bubblewrap' ? 'not asked' : await whyUnreachable(docker);
      if (dockerSays === null) return byDocker;
      if (choice === 'docker') {
        throw new SteadfastError('Sandbox.Unavailable', `The Docker daemon does not answer: ${dockerSays}`);
      }
      const report = await inspected();
      const bounded = report.bounds.memory && report.bounds.pids;
      if (report.usable && (bounded || choice === 'bubblewrap')) return byBubblewrap;
      if (choice === 'bubblewrap')
        throw new SteadfastError('Sandbox.Unavailable', report.reason ?? 'bubblewrap cannot be used');
      const why = report.usable
        ? `it bounds neither memory nor processes here: ${report.reason}`
        : report.reason;
      const message =
        `No sandbox: Docker does not answer (${dockerSays}); bubblewrap: ${why}. ` +
        'Install Docker and start its daemon, or install bubblewrap 0.8 and run as root where cgroups can be made, ' +
        'or take bubblewrap without those bounds by --sandbox bubblewrap';
      throw new SteadfastError('Sandbox.Unavailable', message);
    },

    async all() {
      const local = process.platform === 'linux' ? [byBubblewrap] : [];
      return (await whyUnreachable(docker)) === null ? [byDocker, ...local] : local;
    },
  };
}
