import { parseArgs } from 'node:util';
import { createContext } from './context.mjs';
import { main } from './main.mjs';
import { runtimeParts, testParts } from './parts.mjs';
import { trainer } from './parts/trainer.mjs';
import { SetupError } from './process.mjs';
import { runParts } from './run-parts.mjs';

/*
 * `node src/local/setup/setup.mjs [--without-trainer | --tests]`: everything that Steadfast runs on; all but the policy
 * server's Python environment of 6 GB, which endpoints do not need; or what its tests need beside.
 */
await main(import.meta.url, async () => {
  const asked = options();
  const parts = asked['without-trainer'] ? runtimeParts.filter((part) => part !== trainer) : runtimeParts;
  await runParts([...parts, ...(asked.tests ? testParts : [])], createContext(), console.log);
});

function options() {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    const { values } = parseArgs({ options: { 'without-trainer': flag, tests: flag } });
    if (!values.tests || !values['without-trainer']) return values;
  } catch (error) {
    throw new SetupError(error instanceof Error ? error.message : String(error));
  }
  throw new SetupError('--without-trainer has no meaning beside --tests: the tests train');
}
