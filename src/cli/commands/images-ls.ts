import { type ArgsDef, defineCommand } from 'citty';
import type { NeededImage } from '../../domain/image-pulls.ts';
import { bytesOfOurs } from '../../domain/image-eviction.ts';
import type { HostImage } from '../../ports/images.ts';
import { hostImages, imagesOfData } from '../host-images.ts';
import { createOutput } from '../output.ts';
import { duration } from '../progress-line.ts';
import { listing } from '../results-table.ts';
import { readEnvironment } from '../run-input.ts';
import { gigabytes } from '../pull-line.ts';
import { selectionOf, selectionOptions } from '../pull-input.ts';
import { strictOptions } from '../strict-options.ts';

/** An image of this host, or one that the data needs and the host lacks. */
interface Row {
  readonly name: string;
  readonly image: HostImage | null;
  /** Instances of the data that run in it; null where no data was named. */
  readonly instances: number | null;
}

const args: ArgsDef = {
  ...selectionOptions(),
  data: {
    type: 'string',
    valueHint: 'data',
    description: 'Count by how many instances of it each is needed; chosen from as images pull does',
  },
  json: { type: 'boolean', description: 'Print NDJSON: a line an image' },
};

/** `steadfast images ls`: the images on this host, and which of them a data set needs. */
export const imagesLsCommand = defineCommand({
  meta: { name: 'ls', description: 'List the images on this host, and those that a data set needs' },
  args,
  plugins: [strictOptions],
  async run({ args: given }) {
    const json = given['json'] === true;
    const selected = selectionOf(given);
    const output = createOutput({ json });
    const config = readEnvironment();
    const needed = selected === null ? null : await imagesOfData(config, selected);
    const images = await hostImages(config).list();
    const rows = rowsOf(images, needed);
    if (json) for (const row of rows) output.data(recordOf(row));
    else output.say(listing([HEAD, ...rows.map(cellsOf)]));
    const missing = rows.filter(({ image }) => image === null).length;
    const sums = [
      `${images.length} images`,
      `${gigabytes(bytesOfOurs(images))} GB of them pulled by Steadfast`,
      ...(missing === 0 ? [] : [`${missing} not here: steadfast images pull`]),
    ];
    output.say(sums.join(', '));
  },
});

const HEAD = ['IMAGE', 'DIGEST', 'GB', 'LAST USE', 'INSTANCES', 'PULLED BY'];

/** Those that the data needs first, the most used first; then the others. */
function rowsOf(images: readonly HostImage[], needed: readonly NeededImage[] | null): readonly Row[] {
  const wanted = (needed ?? []).map(({ name, instances }): Row => {
    return { name, instances, image: images.find(({ names }) => names.includes(name)) ?? null };
  });
  const seen = new Set(wanted.map(({ image }) => image?.id));
  const others = images
    .filter(({ id }) => !seen.has(id))
    .map((image): Row => ({
      name: image.names[0] ?? image.id,
      image,
      instances: needed === null ? null : 0,
    }));
  return [...wanted, ...others];
}

function recordOf({ name, image, instances }: Row) {
  return {
    type: 'image',
    name,
    id: image?.id ?? null,
    digest: image?.digest ?? null,
    size_bytes: image?.sizeBytes ?? null,
    pulled_at: image?.pulledAt ?? null,
    last_used_at: image?.lastUsedAt ?? null,
    in_use: image?.inUse ?? false,
    instances,
  };
}

function cellsOf({ name, image, instances }: Row): string[] {
  const needed = instances === null ? '–' : String(instances);
  if (image === null) return [name, 'not here', '–', '–', needed, '–'];
  return [
    name,
    (image.digest ?? image.id).replace(/^.*sha256:/, '').slice(0, 12),
    gigabytes(image.sizeBytes),
    image.inUse ? 'in use' : ago(image.lastUsedAt),
    needed,
    image.pulledAt === null ? 'others' : `us, ${ago(image.pulledAt)}`,
  ];
}

function ago(at: string | null): string {
  return at === null ? '–' : `${duration(Math.max(0, (Date.now() - Date.parse(at)) / 1000))} ago`;
}
