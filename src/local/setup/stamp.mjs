import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const name = '.steadfast-complete';

/**
 * Whether a folder was finished for this key; a half-made one has no stamp.
 * @param {string} folder
 * @param {string} key
 */
export function isStamped(folder, key) {
  const file = join(folder, name);
  return existsSync(file) && readFileSync(file, 'utf8') === key;
}

/**
 * Marks a folder as finished for this key.
 * @param {string} folder
 * @param {string} key
 */
export function stamp(folder, key) {
  writeFileSync(join(folder, name), key);
}
