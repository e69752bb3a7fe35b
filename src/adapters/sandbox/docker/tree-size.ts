import type Docker from 'dockerode';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import { PLACES } from '../guest.ts';
import { bounded } from './client.ts';
import { helperOptions } from './container.ts';
import type { Image } from './image.ts';
import { removeContainer } from './open.ts';

/** A million files on a slow disk. */
const MEASURE_MS = 5 * 60_000;
const MIB = 1 << 20;

/** Sizes of the repositories in images: what a sandbox may write comes on top of what its image brings. */
export class TreeSizes {
  private readonly docker: Docker;
  private readonly known = new Map<string, Promise<number>>();

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** Bytes on disk of an image's /testbed without its own history; measured once an image. */
  async of(image: Image, spec: SandboxSpec): Promise<number> {
    const known = this.known.get(image.id) ?? this.measure(image, spec);
    this.known.set(image.id, known);
    return await known.catch((error: unknown) => {
      this.known.delete(image.id);
      throw error;
    });
  }

  private async measure(image: Image, spec: SandboxSpec): Promise<number> {
    await removeContainer(this.docker, `${spec.name}/helper`);
    const helper = await bounded(
      this.docker.createContainer({
        ...helperOptions(spec, image.id),
        Entrypoint: ['du', '-sk', '--exclude=./.git', '.'],
        Cmd: [],
        User: '0:0',
        WorkingDir: PLACES.tree,
        HostConfig: {
          NetworkMode: 'none',
          CapDrop: ['ALL'],
          CapAdd: ['DAC_READ_SEARCH'],
          SecurityOpt: ['no-new-privileges:true'],
          ReadonlyRootfs: true,
          Memory: 256 * MIB,
          PidsLimit: 8,
          LogConfig: { Type: 'json-file', Config: {} },
        },
      }),
    );
    try {
      await bounded(helper.start());
      await bounded(helper.wait(), MEASURE_MS);
      const printed = await bounded(helper.logs({ stdout: true, stderr: false }));
      // The first bytes frame the line. One without a number is of an image that has no such program, or no repository.
      const kib = /(\d+)\s+\.\s*$/.exec(printed.toString('latin1'))?.[1];
      return kib === undefined ? 0 : Number(kib) * 1024;
    } finally {
      await removeContainer(this.docker, `${spec.name}/helper`);
    }
  }
}
