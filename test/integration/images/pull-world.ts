import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import Docker from 'dockerode';
import { createImageActivities } from '../../../src/activities/images.ts';
import { createPlanPullsActivity } from '../../../src/activities/plan-pulls.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createDockerImages } from '../../../src/adapters/images/docker-images.ts';
import { imageQueue, TASK_QUEUES } from '../../../src/domain/ids.ts';
import type { HostImage } from '../../../src/ports/images.ts';
import { realDatasets } from '../../support/grading-world.ts';
import { Registry } from '../../support/registry.ts';
import { type Ended, spawnCli } from '../../support/spawn-cli.ts';
import { workflowBundle } from '../../support/stub-workers.ts';
import { startTemporal } from '../../support/temporal.ts';

const RECORDS = new URL('../../unit/schemas/real-records.jsonl', import.meta.url);

/** A registry, a Docker daemon and a Temporal server with a host's workers, and the real CLI beside them. */
export class PullWorld {
  readonly docker = new Docker();
  readonly home = mkdtempSync(join(tmpdir(), 'steadfast-pull-'));
  readonly host = `pull-test-${process.pid}`;
  readonly env: TestWorkflowEnvironment;
  readonly registry: Registry;
  private readonly made: string[] = [];
  private readonly images = createDockerImages({
    records: join(this.home, 'images', this.host),
    dockerConfig: this.home,
  });
  private workers: readonly Worker[] = [];
  private running: Promise<unknown> = Promise.resolve();

  private constructor(env: TestWorkflowEnvironment, registry: Registry) {
    this.env = env;
    this.registry = registry;
  }

  static async start(): Promise<PullWorld> {
    const env = await startTemporal({ searchable: false });
    const world = new PullWorld(env, await Registry.start());
    const connection = env.nativeConnection;
    const artifacts = createFolderArtifacts(join(world.home, 'store'));
    const { host, images } = world;
    world.workers = await Promise.all([
      Worker.create({ connection, taskQueue: TASK_QUEUES.workflows, workflowBundle: await workflowBundle() }),
      Worker.create({
        connection,
        taskQueue: TASK_QUEUES.records,
        activities: createPlanPullsActivity({ artifacts, datasets: realDatasets(), host }),
      }),
      Worker.create({
        connection,
        taskQueue: imageQueue(host),
        // A test's disk is as full as it is.
        activities: createImageActivities({ artifacts, images, reserveBytes: 0 }),
        maxHeartbeatThrottleInterval: '200 ms',
      }),
    ]);
    world.running = Promise.all(world.workers.map(async (worker) => await worker.run()));
    return world;
  }

  async stop(): Promise<void> {
    for (const worker of this.workers) worker.shutdown();
    await this.running;
    await this.env.teardown();
    await this.forgetImages();
    await this.registry.stop();
    rmSync(this.home, { recursive: true, force: true });
  }

  /** Removes all images of a test from the daemon. */
  async forgetImages(): Promise<void> {
    for (const name of this.made)
      await this.docker
        .getImage(name)
        .remove()
        .catch(() => undefined);
    rmSync(join(this.home, 'images'), { recursive: true, force: true });
  }

  /** Puts images into the registry: one a size, in MiB. */
  async put(...sizes: readonly number[]): Promise<readonly string[]> {
    const names: string[] = [];
    for (const size of sizes) names.push(await this.registry.put(this.docker, 'image', size * 2 ** 20));
    this.made.push(...names);
    this.registry.requests.length = 0;
    return names;
  }

  /** Writes a data file whose instances run in these images, in this order. */
  async data(images: readonly string[]): Promise<string> {
    const [, line = ''] = readFileSync(RECORDS, 'utf8').split('\n');
    const record = JSON.parse(line) as Record<string, unknown>;
    const lines = images.map((image_name, i) =>
      JSON.stringify({ ...record, instance_id: `i-${i}`, image_name }),
    );
    const path = join(this.home, `${crypto.randomUUID()}.jsonl`);
    await writeFile(path, `${lines.join('\n')}\n`);
    return path;
  }

  async listed(name: string): Promise<HostImage | undefined> {
    return (await this.images.list()).find(({ names }) => names.includes(name));
  }

  /** Names of the images that were asked of the registry, in order. */
  pulls(): readonly string[] {
    const first = this.registry.requests.map((line) => /^HEAD \/v2\/(\S+)\/manifests\/(\S+)$/.exec(line));
    return first.flatMap((found) =>
      found === null ? [] : [`${this.registry.address}/${found[1]}:${found[2]}`],
    );
  }

  spawn(rawArgs: readonly string[]): ReturnType<typeof spawnCli> {
    const environment = {
      HOME: this.home,
      STEADFAST_HOME: this.home,
      STEADFAST_HOST: this.host,
      TEMPORAL_ADDRESS: this.env.address,
      DOCKER_HOST: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock',
    };
    return spawnCli(['images', ...rawArgs], environment, this.home);
  }

  async steadfast(...rawArgs: readonly string[]): Promise<Ended> {
    return await this.spawn(rawArgs).ended;
  }
}
