import type { PullProgress } from '../domain/image-pulls.ts';
import { duration } from './progress-line.ts';

/** "12/130 images · 8 pulled, 24.1 GB · 4 there before · waiting 12 min for the rate". */
export function pullLine(progress: PullProgress, nowMs: number): string {
  const { totals, waiting, underWay, stopped } = progress;
  const parts = [
    `${progress.done}/${progress.images} images`,
    `${totals.pulled} pulled, ${gigabytes(totals.pulledBytes)} GB`,
    `${totals.present} there before`,
    totals.evicted === 0 ? null : `${totals.evicted} evicted`,
    totals.failed === 0 ? null : `${totals.failed} failed`,
    underWay.length === 0 ? null : `pulling ${underWay.map((name) => name.split('/').at(-1)).join(', ')}`,
    waiting === null ? null : waitingFor(waiting, nowMs),
    stopped === null ? null : STOPPED[stopped],
  ];
  return parts.filter((part) => part !== null).join(' · ');
}

/** Bytes in GB, as tables show them. */
export function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(2);
}

const STOPPED = {
  budget: 'stopped: the next image does not fit into the budget',
  disk_full: "stopped: Docker's disk is full",
} as const;

function waitingFor(waiting: NonNullable<PullProgress['waiting']>, nowMs: number): string {
  const left = duration(Math.max(0, (Date.parse(waiting.until) - nowMs) / 1000));
  return waiting.why === 'rate'
    ? `waiting ${left}: --rate admits no more within the hour`
    : `waiting ${left}: the registry gives no more for now`;
}
