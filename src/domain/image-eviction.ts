/** What the choice of images to remove goes by. */
export interface Evictable {
  readonly id: string;
  readonly names: readonly string[];
  readonly sizeBytes: number;
  /** ISO time at which we pulled it; null for an image of somebody else's. */
  readonly pulledAt: string | null;
  /** ISO time of the last sandbox in it; null when there was none. */
  readonly lastUsedAt: string | null;
  /** Whether a container stands on it, or a sandbox is being opened in it. */
  readonly inUse: boolean;
}

/** Bytes of the images that we pulled; each counts whole, layers that it shares with others too. */
export function bytesOfOurs(images: readonly Evictable[]): number {
  return images.reduce((sum, image) => (image.pulledAt === null ? sum : sum + image.sizeBytes), 0);
}

/**
 * The images to remove, in order, so that those we pulled take `limitBytes` at most: only our own, none that is needed or in
 * use, the one that was used (else pulled) the longest ago first. Fewer than it takes where no more may go.
 */
export function imagesToEvict<Image extends Evictable>(
  images: readonly Image[],
  needed: ReadonlySet<string>,
  limitBytes: number,
): readonly Image[] {
  const candidates = images
    .filter((image) => image.pulledAt !== null && !image.inUse && !image.names.some((n) => needed.has(n)))
    .toSorted((a, b) => lastTime(a) - lastTime(b) || (a.id < b.id ? -1 : 1));
  const evicted: Image[] = [];
  let left = bytesOfOurs(images);
  for (const image of candidates) {
    if (left <= limitBytes) break;
    evicted.push(image);
    left -= image.sizeBytes;
  }
  return evicted;
}

function lastTime({ lastUsedAt, pulledAt }: Evictable): number {
  return Date.parse(lastUsedAt ?? pulledAt ?? '');
}
