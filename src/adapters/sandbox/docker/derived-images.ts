import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import type { SandboxSpec } from '../../../ports/sandbox.ts';
import { bounded, imageIdOf } from './client.ts';
import { helperOptions } from './container.ts';
import type { Image } from './image.ts';
import { removeContainer } from './open.ts';

/** The label of an image of ours that stands on another: the id of that one, which counts and goes with it. */
export const STANDS_ON = 'steadfast.stands-on';

/** What is laid over an image, and under which name that is kept on the daemon. */
export interface Layer {
  readonly repository: string;
  /** What of the layer the name tells, beside the image. */
  readonly tag: string;
  /** Puts it into a container that was made and not started. */
  readonly put: (container: Docker.Container) => Promise<void>;
}

/** Images that stand on an instance's own with one layer more, made once: their containers share it. */
export class DerivedImages {
  private readonly docker: Docker;
  private readonly making = new Map<string, Promise<Image>>();

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** The image itself where nothing is laid over it. */
  async over(image: Image, layer: Layer | null, spec: SandboxSpec): Promise<Image> {
    if (layer === null) return image;
    const name = `${layer.repository}:${layer.tag}-${image.id.replace(/^sha256:/, '').slice(0, 12)}`;
    const making = this.making.get(name) ?? this.make(image, layer, spec, name);
    this.making.set(name, making);
    return await making.finally(() => this.making.delete(name));
  }

  private async make(image: Image, layer: Layer, spec: SandboxSpec, name: string): Promise<Image> {
    const { docker } = this;
    const found = await imageIdOf(docker, name);
    if (found !== null) return { ...image, id: found };
    await removeContainer(docker, `${spec.name}/helper`);
    const helper = await bounded(docker.createContainer(helperOptions(spec, image.id)));
    try {
      await layer.put(helper);
      const [repo, tag] = name.split(':');
      const changes = `LABEL ${STANDS_ON}=${image.id}`;
      await bounded(helper.commit({ repo, tag, changes, pause: false }));
    } finally {
      await removeContainer(docker, `${spec.name}/helper`);
    }
    const made = await imageIdOf(docker, name);
    if (made !== null) return { ...image, id: made };
    throw new SteadfastError('Sandbox.ImageMissing', `Docker made ${name} and does not know it`);
  }
}
