import { onNode24 } from './on-node-24.mjs';
import { messageOf } from './run-parts.mjs';

/**
 * Runs an entry of set-up on Node 24; a failure is one message and exit code 1.
 * @param {string} script the entry's import.meta.url
 * @param {() => Promise<void>} body
 */
export async function main(script, body) {
  try {
    await onNode24(script);
    await body();
  } catch (error) {
    console.error(messageOf(error));
    process.exitCode = 1;
  }
}
