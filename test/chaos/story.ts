let since: number | null = null;

/** From now on what happens is told on stdout, with the seconds since. */
export function beginStory(): void {
  since = Date.now();
}

/** Tells what has just happened, or happened at a time, where a story is wanted. */
export function tell(what: string, at = Date.now()): void {
  if (since === null) return;
  console.log(`  ${((at - since) / 1000).toFixed(2).padStart(8)} s  ${what}`);
}
