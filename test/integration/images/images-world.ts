import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { createDockerImages } from '../../../src/adapters/images/docker-images.ts';
import type { HostImage, Images } from '../../../src/ports/images.ts';
import { Registry } from '../../support/registry.ts';

/** The images of the tests' daemon, a registry to pull from, and a home that is new for each test. */
export class ImagesWorld {
  readonly docker = new Docker();
  readonly registry: Registry;
  home = '';
  images: Images = this.imagesBy(this.docker);
  private readonly made: string[] = [];

  private constructor(registry: Registry) {
    this.registry = registry;
  }

  static async start(): Promise<ImagesWorld> {
    return new ImagesWorld(await Registry.start());
  }

  /** Before a test. */
  begin(): void {
    this.home = mkdtempSync(join(tmpdir(), 'steadfast-images-'));
    this.images = this.imagesBy(this.docker);
  }

  /** After a test: nothing of it stays on the daemon. */
  async end(): Promise<void> {
    this.registry.limitReached = false;
    this.registry.cuts = 0;
    this.registry.gate = Promise.resolve();
    for (const name of this.made.splice(0))
      await this.docker
        .getImage(name)
        .remove()
        .catch(() => undefined);
    rmSync(this.home, { recursive: true, force: true });
  }

  async stop(): Promise<void> {
    await this.registry.stop();
  }

  imagesBy(client: Docker, records = join(this.home, 'images')): Images {
    return createDockerImages({ records, dockerConfig: join(this.home, 'docker') }, client);
  }

  /** Puts an image into a registry, by default the world's own; answers its name. */
  async put(registry = this.registry): Promise<string> {
    const name = await registry.put(this.docker);
    this.willGo(name);
    registry.requests.length = 0;
    return name;
  }

  /** Has a name removed after the test. */
  willGo(name: string): void {
    this.made.push(name);
  }

  async listed(name: string): Promise<HostImage | undefined> {
    return (await this.images.list()).find(({ names }) => names.includes(name));
  }

  /** Requests for the contents of layers and configs. */
  blobsAsked(): number {
    return this.registry.requests.filter((line) => line.startsWith('GET') && line.includes('/blobs/')).length;
  }
}
