import type { Instance } from './instance.ts';
import { familiarName } from './image-name.ts';
import type { NeededImage } from './image-pulls.ts';

/** The images that instances run in, each once, the most used first. */
export function imagesOf(instances: readonly Instance[]): {
  readonly images: readonly NeededImage[];
  /** Instances that have an image, and those that have none. */
  readonly instances: number;
  readonly withoutImage: number;
} {
  const counts = new Map<string, number>();
  for (const { source } of instances) {
    if (source.kind !== 'image') continue;
    const name = familiarName(source.image);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const images = [...counts]
    .map(([name, count]) => ({ name, instances: count }))
    .toSorted((a, b) => b.instances - a.instances || (a.name < b.name ? -1 : 1));
  const withImage = images.reduce((sum, image) => sum + image.instances, 0);
  return { images, instances: withImage, withoutImage: instances.length - withImage };
}
