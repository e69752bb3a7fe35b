import { bytesOfOurs } from '../domain/image-eviction.ts';
import { SteadfastError } from '../domain/failures.ts';
import { familiarName } from '../domain/image-name.ts';
import type { NeededImage } from '../domain/image-pulls.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Images, PullState } from '../ports/images.ts';
import type { ImageActivities, PulledImage } from './contract-images.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** Of the disk, for sandboxes, records and other programs, whatever the budget says. */
const RESERVE_BYTES = 10e9;

/** The activities of a host that pulls images ahead. */
export function createImageActivities(deps: {
  readonly artifacts: Artifacts;
  readonly images: Images;
  /** Bytes of the disk that stay free. */
  readonly reserveBytes?: number;
}): ImageActivities {
  const { artifacts, images, reserveBytes = RESERVE_BYTES } = deps;

  async function neededNames(list: string): Promise<readonly string[]> {
    return ((await artifacts.getJson(list)) as readonly NeededImage[]).map(({ name }) => name);
  }

  /** Evicts down to the budget, and to what leaves the reserve of the disk free; answers what it came to. */
  async function makeRoom(needed: readonly string[], budgetBytes: number | null) {
    const [all, free] = await Promise.all([images.list(), images.freeBytes()]);
    const byDisk = free === null ? Number.POSITIVE_INFINITY : bytesOfOurs(all) + free - reserveBytes;
    const limitBytes = Math.max(0, Math.min(budgetBytes ?? Number.POSITIVE_INFINITY, byDisk));
    const evicted = (await images.evict({ needed, limitBytes })).length;
    const left = evicted === 0 ? all : await images.list();
    return { images: left, oursBytes: bytesOfOurs(left), limitBytes, evicted };
  }

  /** Pulls; where the disk is full, once more after all that is not needed has gone. */
  async function pull(
    name: string,
    needed: readonly string[],
    signal: AbortSignal,
    onState: (state: PullState) => void,
  ): Promise<{ readonly outcome: 'pulled' | 'present'; readonly evicted: number }> {
    try {
      return { outcome: await images.pull(name, { signal, onState }), evicted: 0 };
    } catch (error) {
      if (!(error instanceof SteadfastError) || error.type !== 'Sandbox.DiskFull') throw error;
      const evicted = await images.evict({ needed, limitBytes: 0 });
      if (evicted.length === 0) throw error;
      return { outcome: await images.pull(name, { signal, onState }), evicted: evicted.length };
    }
  }

  return {
    async missingImages({ list, from, count }) {
      return await heartbeatWhile(async () => {
        const names = (await neededNames(list)).slice(from, from + count);
        const there = new Set((await images.list()).flatMap((image) => image.names));
        return { names: names.filter((name) => !there.has(familiarName(name))) };
      });
    },

    async pullImage({ name, list, budgetBytes }) {
      let state: PullState | null = null;
      return await heartbeatWhile(
        async (signal): Promise<PulledImage> => {
          const needed = await neededNames(list);
          const before = await makeRoom(needed, budgetBytes);
          if (before.oursBytes >= before.limitBytes) {
            return {
              outcome: 'over_budget',
              sizeBytes: 0,
              evicted: before.evicted,
              oursBytes: before.oursBytes,
            };
          }
          const pulled = await pull(name, needed, signal, (now) => (state = now));
          const after = await makeRoom(needed, budgetBytes);
          const evicted = before.evicted + pulled.evicted + after.evicted;
          const { oursBytes } = after;
          const sizeBytes =
            after.images.find(({ names }) => names.includes(familiarName(name)))?.sizeBytes ?? 0;
          if (pulled.outcome === 'present' || oursBytes <= after.limitBytes) {
            return { outcome: pulled.outcome, sizeBytes, evicted, oursBytes };
          }
          await images.remove(familiarName(name));
          return { outcome: 'over_budget', sizeBytes, evicted, oursBytes: oursBytes - sizeBytes };
        },
        () => state,
      );
    },
  };
}
