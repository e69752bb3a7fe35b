/** How many groups run at once, and how many rollouts of each, so that rollouts in flight stay within `concurrency`. */
export function widthsFor(concurrency: number, size: number): { groups: number; members: number } {
  const groups = Math.max(1, Math.ceil(concurrency / size));
  return { groups, members: Math.max(1, Math.min(size, Math.floor(concurrency / groups))) };
}
