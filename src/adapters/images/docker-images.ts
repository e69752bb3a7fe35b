import { statfs } from 'node:fs/promises';
import type Docker from 'dockerode';
import { SteadfastError } from '../../domain/failures.ts';
import { imagesToEvict } from '../../domain/image-eviction.ts';
import { familiarName, isImageName, registryOf } from '../../domain/image-name.ts';
import type { HostImage, Images } from '../../ports/images.ts';
import { bounded, connect, imageIdOf, statusOf, typed } from '../sandbox/docker/client.ts';
import { STANDS_ON } from '../sandbox/docker/derived-images.ts';
import { AtMost } from './at-most.ts';
import { pullFailure } from './pull-failure.ts';
import { pullFromRegistry } from './pull.ts';
import { ImageRecords } from './records.ts';
import { registryAuth } from './registry-auth.ts';
import { SharedPulls } from './shared-pulls.ts';

export interface DockerImagesOptions {
  /** Folder of what this host remembers of its images. */
  readonly records: string;
  /** Folder of Docker's config.json. */
  readonly dockerConfig: string;
}

/** A daemon loads three layers at a time; more pulls than this only wait for each other. */
const PULLS_AT_ONCE = 8;
/** Between the naming of an image and the container that stands on it pass seconds, on a hung daemon minutes. */
const OPENING_MS = 5 * 60_000;

/** The images of a Docker daemon. */
export function createDockerImages(options: DockerImagesOptions, docker: Docker = connect()): Images {
  const records = new ImageRecords(options.records);
  const places = new AtMost(PULLS_AT_ONCE);
  const oneEviction = new AtMost(1);

  const shared = new SharedPulls(async (name, onState) => {
    try {
      return await places.run(async () => {
        if ((await imageIdOf(docker, name)) !== null) return 'present';
        const auth = await registryAuth(options.dockerConfig, registryOf(name));
        await pullFromRegistry(docker, name, auth, onState);
        const id = await imageIdOf(docker, name);
        if (id === null) throw new SteadfastError('Sandbox.Unavailable', `The pull of ${name} broke off`);
        await records.notePulled(name, id);
        return 'pulled';
      });
    } catch (error) {
      throw pullFailure(error, name);
    }
  });

  async function list(): Promise<readonly HostImage[]> {
    const [images, containers, pulled] = await Promise.all([
      bounded(docker.listImages()),
      bounded(docker.listContainers({ all: true })),
      records.pulled(),
    ]).catch((error: unknown) => {
      throw typed(error, 'the list of images');
    });
    const held = new Set(containers.map(({ ImageID }) => ImageID));
    const own = images.filter((image) => !images.some(({ Id }) => Id === standsOn(image)));
    return await Promise.all(
      own.map(async ({ Id, RepoTags, RepoDigests, Size }): Promise<HostImage> => {
        const derived = images.filter((image) => standsOn(image) === Id);
        const tags = (RepoTags ?? []).filter((name) => !name.startsWith('<none>'));
        const digests = (RepoDigests ?? []).filter((name) => !name.startsWith('<none>')).toSorted();
        const names = [...tags, ...digests];
        const ours = pulled.find(({ id, name }) => id === Id && names.includes(name));
        const lastUsedAt = await records.lastUse(Id);
        const opening = lastUsedAt !== null && Date.now() - Date.parse(lastUsedAt) < OPENING_MS;
        return {
          id: Id,
          names,
          digest: digests[0] ?? null,
          sizeBytes: derived.reduce((sum, image) => sum + image.Size - Size, Size),
          pulledAt: ours?.pulledAt ?? null,
          lastUsedAt,
          inUse: opening || held.has(Id) || derived.some((image) => held.has(image.Id)),
        };
      }),
    );
  }

  /** Takes a name away, after what we have laid over its image: that would keep the layers of an image without a name. */
  async function untag(name: string): Promise<void> {
    const id = await imageIdOf(docker, name);
    const filters = { label: [`${STANDS_ON}=${id}`] };
    const derived = id === null ? [] : await bounded(docker.listImages({ filters }));
    for (const { Id } of derived) await bounded(docker.getImage(Id).remove());
    await bounded(docker.getImage(name).remove());
  }

  /** Takes away the names that we pulled an image under; it stays where somebody has given it another. */
  async function removeOurs(image: HostImage): Promise<boolean> {
    const ours = (await records.pulled()).filter(({ id }) => id === image.id);
    for (const { name } of ours) {
      try {
        await untag(name);
      } catch (error) {
        // 409: a container came to stand on it meanwhile.
        if (statusOf(error) === 409) return false;
        if (statusOf(error) !== 404) throw typed(error, name);
      }
      await records.forget(name);
    }
    return true;
  }

  return {
    list,

    async pull(name, { signal, onState } = {}) {
      checkName(name);
      return await shared.join(familiarName(name), signal, onState);
    },

    noteUse: async (id) => await records.noteUse(id),

    async remove(name) {
      checkName(name);
      try {
        await untag(name);
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error);
        if (statusOf(error) === 404) {
          throw new SteadfastError('Sandbox.ImageMissing', `There is no image ${name} on this host`, {
            cause: error,
          });
        }
        throw statusOf(error) === 409
          ? new SteadfastError('Sandbox.Failed', `The image ${name} stays: ${words}`, { cause: error })
          : typed(error, name);
      }
      await records.forget(familiarName(name));
    },

    async evict({ needed, limitBytes }) {
      return await oneEviction.run(async () => {
        const names = new Set(needed.map(familiarName));
        const evicted: HostImage[] = [];
        for (const image of imagesToEvict(await list(), names, limitBytes)) {
          if (await removeOurs(image)) evicted.push(image);
        }
        return evicted;
      });
    },

    async freeBytes() {
      // By another machine's daemon the path would be of another disk.
      if ((docker.modem as { readonly socketPath?: string }).socketPath === undefined) return null;
      const { DockerRootDir } = (await bounded(docker.info()).catch((error: unknown) => {
        throw typed(error, 'the disk');
      })) as { readonly DockerRootDir: string };
      const found = await statfs(DockerRootDir).catch(() => null);
      return found === null ? null : found.bavail * found.bsize;
    },
  };
}

/** The id of the image that one of ours stands on; null for any other. */
function standsOn({ Labels }: Docker.ImageInfo): string | null {
  return (Labels as Readonly<Record<string, string>> | null)?.[STANDS_ON] ?? null;
}

function checkName(name: string): void {
  if (isImageName(name)) return;
  const message = `${JSON.stringify(name)} is not the name of an image; expected registry/repository:tag`;
  throw new SteadfastError('Sandbox.ImageMissing', message);
}
