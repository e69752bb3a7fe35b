import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type Docker from 'dockerode';
import { SteadfastError } from '../../../domain/failures.ts';
import { isImageName, registryOf, repositoryOf } from '../../../domain/image-name.ts';
import type { Instance } from '../../../domain/instance.ts';
import type { Images } from '../../../ports/images.ts';
import { registryLogins } from '../../images/registry-auth.ts';
import { guestFolder } from '../guest.ts';
import { bounded, statusOf } from './client.ts';
import { tarOf } from './tar.ts';

/** How the image of instances from source distributions is made. */
export interface ImageOptions {
  /** The project's infra/images/sandbox/Dockerfile. */
  readonly dockerfile: string;
  /** Base image; the Dockerfile's own when null. */
  readonly baseImage: string | null;
  /** Python environment of this host made from guest/requirements.lock: where it is there, its packages are copied. */
  readonly pythonEnv: string;
  /** Pulls an instance's image that is not there; absent, it is missing. */
  readonly images?: Images;
  /** Folder of Docker's config.json, whose login is used where the base has to be pulled; absent, none is. */
  readonly dockerConfig?: string;
}

/** An image that is on the daemon. */
export interface Image {
  readonly id: string;
  /** Its repo digest where a registry gave one, else its id. */
  readonly name: string;
  /** Its own environment, `NAME=value`. */
  readonly environment: readonly string[];
  /** Bytes that its own /testbed takes, where the sandbox starts with that. */
  readonly treeBytes?: number;
}

/** Logins by registry. */
type Logins = Awaited<ReturnType<typeof registryLogins>>;

/** Finds the images of instances: pulls theirs, builds the one of our own, where they are missing. */
export class InstanceImages {
  private readonly docker: Docker;
  private readonly options: ImageOptions;
  private readonly building = new Map<string, Promise<Image>>();

  constructor(docker: Docker, options: ImageOptions) {
    this.docker = docker;
    this.options = options;
  }

  /** The image that an instance runs in; the very one that `pinned` names, as `environment` has answered it before. */
  async of(instance: Instance, pinned?: string, signal?: AbortSignal): Promise<Image> {
    const { source } = instance;
    if (source.kind === 'image') return await this.theirs(source.image, instance.instanceId, pinned, signal);
    const building = this.building.get('own') ?? this.own();
    this.building.set('own', building);
    return await building.catch((error: unknown) => {
      this.building.delete('own');
      throw error;
    });
  }

  private async theirs(
    name: string,
    instanceId: string,
    pinned?: string,
    signal?: AbortSignal,
  ): Promise<Image> {
    const { images } = this.options;
    if (!isImageName(name)) {
      const message = `The image of ${instanceId} is ${JSON.stringify(name)}, which no image can be named`;
      throw new SteadfastError('Sandbox.ImageMissing', message);
    }
    // An environment's name says more after a plus sign.
    const [pin] = pinned?.split('+') ?? [];
    const byDigest = pin?.includes('@') === true ? pin : null;
    // An id is known on the host that built it and nowhere else.
    const byId = pin?.startsWith('sha256:') === true ? await this.find(pin, name) : null;
    const wanted = byDigest ?? name;
    let image = byId ?? (await this.find(wanted, name));
    if (image === null && images !== undefined) {
      await images.pull(wanted, signal === undefined ? {} : { signal });
      image = await this.find(wanted, name);
    }
    if (image === null) {
      const message = `The image ${wanted} of ${instanceId} is not on this host: docker pull ${wanted}`;
      throw new SteadfastError('Sandbox.ImageMissing', message);
    }
    // A note that is lost costs the order of eviction, and no sandbox.
    await images?.noteUse(image.id).catch(() => undefined);
    return image;
  }

  /** An image by a name, a digest or its id; `of` is the name whose digest stands for it. */
  private async find(what: string, of = what): Promise<Image | null> {
    try {
      const { Id, Config, RepoDigests } = await bounded(this.docker.getImage(what).inspect());
      // One image may have been pushed to several places; the first by the alphabet is the same each time.
      const digests = (RepoDigests ?? []).filter((digest) => repositoryOf(digest) === repositoryOf(of));
      const [digest] = digests.toSorted();
      return { id: Id, name: what.includes('@') ? what : (digest ?? Id), environment: Config.Env ?? [] };
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  }

  private async own(): Promise<Image> {
    const { dockerfile, baseImage } = this.options;
    const files = new Map<string, Buffer>([
      ['Dockerfile', await readFile(dockerfile)],
      ['requirements.lock', await readFile(join(guestFolder, 'requirements.lock'))],
    ]);
    const base = baseImage ?? /^ARG BASE=(\S+)/m.exec(`${files.get('Dockerfile')}`)?.[1] ?? '';
    const present = await this.find(base);
    // The base's own id counts where it is there: the same name may mean another image tomorrow.
    const digest = createHash('sha256').update(present?.id ?? base);
    for (const content of files.values()) digest.update(content);
    const tag = `steadfast-sandbox:${digest.digest('hex').slice(0, 12)}`;
    const found = await this.find(tag);
    if (found !== null) return found;
    for (const [name, content] of await packagesOf(this.options.pythonEnv))
      files.set(`packages/${name}`, content);
    await this.build(tag, base, tarOf(files), present === null ? await this.logins(base) : {});
    const built = await this.find(tag);
    if (built !== null) return built;
    throw new SteadfastError('Sandbox.ImageMissing', `Docker built ${tag} and does not know it`);
  }

  private async logins(base: string): Promise<Logins> {
    const { dockerConfig } = this.options;
    return dockerConfig === undefined ? {} : await registryLogins(dockerConfig, registryOf(base));
  }

  private async build(tag: string, base: string, context: Buffer, logins: Logins): Promise<void> {
    const folder = dirname(this.options.dockerfile);
    try {
      const stream = await this.docker.buildImage(
        // dockerode passes a stream on as the request's body, and a buffer too, which its types do not say.
        context as unknown as NodeJS.ReadableStream,
        // The host's network: a daemon may have no bridge, and nothing of an agent's runs here.
        {
          t: tag,
          buildargs: { BASE: base },
          forcerm: true,
          networkmode: 'host',
          // A login may be a token in place of a name and a password, which its types do not say.
          registryconfig: logins as Docker.RegistryConfig,
        },
      );
      const events = await new Promise<readonly { readonly error?: string }[]>((resolve, reject) => {
        this.docker.modem.followProgress(stream, (error, all) =>
          error === null ? resolve(all) : reject(error),
        );
      });
      const failed = events.find(({ error }) => error !== undefined);
      if (failed !== undefined) throw new Error(failed.error);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const message =
        `The sandbox image could not be built from ${base}: ${why}. Build it from a base that is there ` +
        `(docker build --build-arg BASE=… -t ${tag} ${folder}) or name one in STEADFAST_SANDBOX_BASE`;
      throw new SteadfastError('Sandbox.ImageMissing', message, { cause });
    }
  }
}

/** The files of an environment's packages by their paths; none where there is no such environment. */
async function packagesOf(pythonEnv: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(join(pythonEnv, 'lib')).catch(() => [])) {
    const folder = join(pythonEnv, 'lib', name, 'site-packages');
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const inside = path.slice(folder.length + 1);
      const wanted =
        !inside.includes('__pycache__') && !/^(pip|setuptools|_virtualenv|_distutils)/.test(inside);
      if (entry.isFile() && wanted) files.set(inside, await readFile(path));
    }
  }
  return files;
}
