import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { unmountBelow } from '../mounts.ts';

/** It gives up on a containerd that it takes for alive after 15 s. */
const READY_MS = 60_000;

/** A Docker daemon for one session, that can be killed without harm to others. */
export class OwnDockerd {
  private readonly folder = mkdtempSync(join(tmpdir(), 'steadfast-dockerd-'));
  private child: ChildProcess | null = null;
  readonly host = `unix://${this.folder}/docker.sock`;

  /** Starts it with an image of the daemon that DOCKER_HOST names. */
  static async start(image: string): Promise<OwnDockerd> {
    const own = new OwnDockerd();
    await own.up();
    const archive = await new Docker().getImage(image).get();
    const to = own.docker();
    const loaded = await to.loadImage(archive);
    await new Promise((done) => to.modem.followProgress(loaded, done));
    return own;
  }

  docker(): Docker {
    return new Docker({ socketPath: join(this.folder, 'docker.sock') });
  }

  /** Starts the daemon and answers when it does; again where it gives up by itself, as an init system would. */
  async up(): Promise<void> {
    for (const end = Date.now() + READY_MS; Date.now() < end; await sleep(100)) {
      if (this.child === null || hasEnded(this.child)) this.child = this.spawn();
      const answers = await this.docker()
        .ping()
        .then(
          () => true,
          () => false,
        );
      if (answers) return;
    }
    throw new Error(`the session's Docker daemon did not start within ${READY_MS / 1000} s`);
  }

  private spawn(): ChildProcess {
    const at = (name: string) => join(this.folder, name);
    const own = [
      '--data-root',
      at('data'),
      '--exec-root',
      at('exec'),
      '--pidfile',
      at('pid'),
      '--host',
      this.host,
    ];
    const plain = [
      '--storage-driver',
      'overlay2',
      '--bridge',
      'none',
      '--iptables=false',
      '--ip6tables=false',
    ];
    return spawn('dockerd', [...own, ...plain, '--ip-forward=false'], { stdio: 'ignore' });
  }

  /** SIGKILL of the daemon alone: containers and containerd live on until the next one ends them. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === null || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    // A daemon that was killed leaves its pid file, which the next refuses to start over when the pid lives.
    await rm(join(this.folder, 'pid'), { force: true });
  }

  /** Ends it in order, its containerd too, and removes everything of it. */
  async close(): Promise<void> {
    const { child } = this;
    if (child !== null && !hasEnded(child)) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    }
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
