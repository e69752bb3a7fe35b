import { hostname } from 'node:os';
import { join } from 'node:path';
import { createLoader } from '../adapters/datasets/load/loader.ts';
import { createDockerImages } from '../adapters/images/docker-images.ts';
import type { Config } from '../config.ts';
import { fileSafe } from '../domain/ids.ts';
import type { NeededImage } from '../domain/image-pulls.ts';
import { imagesOf } from '../domain/needed-images.ts';
import type { Images } from '../ports/images.ts';
import type { PullConfig } from '../schemas/pull-config.ts';

/** The name of this host in task queues and in what is remembered of its images. */
export function thisHost(config: Config): string {
  return fileSafe(config.host ?? hostname());
}

/** The images of this host's Docker daemon. */
export function hostImages(config: Config): Images {
  return createDockerImages({
    records: join(config.home, 'images', thisHost(config)),
    dockerConfig: config.dockerConfig,
  });
}

/** The images of the instances that a pull of the same would be of, the most used first. */
export async function imagesOfData(
  config: Config,
  selected: Pick<PullConfig, 'data' | 'selection' | 'seed'>,
): Promise<readonly NeededImage[]> {
  const { cache, hub, sweBench } = config;
  const load = createLoader({ cacheDir: cache, hub, sweBench });
  const page = await load({ ...selected, requireNonZeroTests: false });
  return imagesOf(page.instances).images;
}
