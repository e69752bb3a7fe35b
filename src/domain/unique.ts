/** Throws where a key stands twice: a member in two places of a group, or a group in two of a batch, is a bug. */
export function requireUnique(what: string, keys: readonly (number | string)[]): void {
  const seen = new Set<number | string>();
  for (const key of keys) {
    if (seen.has(key)) throw new Error(`${what} ${key} stands twice`);
    seen.add(key);
  }
}
