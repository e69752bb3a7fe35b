import type { PullProgress } from '../domain/image-pulls.ts';

const GB = 1e9;

/** What a pull shows of itself in the server's Web UI. */
export function pullDetails(progress: PullProgress): string {
  const { totals, waiting, stopped } = progress;
  const lines = [
    `${progress.done} of ${progress.images} images: ${totals.pulled} pulled (${(totals.pulledBytes / GB).toFixed(1)} GB), ` +
      `${totals.present} there before, ${totals.failed} failed, ${totals.evicted} evicted`,
    ...progress.underWay.map((name) => `pulling ${name}`),
    waiting === null ? null : `waiting until ${waiting.until}: ${WHY[waiting.why]}`,
    stopped === null ? null : `stopped: ${STOPPED[stopped]}`,
    ...progress.failures.map(({ image, message }) => `${image}: ${message}`.slice(0, 300)),
  ];
  return lines.filter((line) => line !== null).join('\n\n');
}

const WHY = {
  rate: 'as many pulls as the rate admits have begun within the hour',
  refused: 'the registry gives no more for now',
} as const;

const STOPPED = {
  budget: 'the next image does not fit into the budget',
  disk_full: "Docker's disk is full",
} as const;
