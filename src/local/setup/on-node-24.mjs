import { fileURLToPath } from 'node:url';
import { createContext } from './context.mjs';
import { isNewEnough, node } from './parts/node.mjs';
import { replaceProcess } from './replace-process.mjs';
import { runParts } from './run-parts.mjs';

/**
 * Goes on in Node 24: where this process is older, one is fetched and the same script starts again in it.
 * @param {string} script the caller's import.meta.url
 */
export async function onNode24(script) {
  if (isNewEnough()) return;
  const context = createContext();
  if (!(await node.check(context))) await runParts([node], context, console.log);
  await replaceProcess(context.paths.node, [fileURLToPath(script), ...process.argv.slice(2)], process.env);
}
