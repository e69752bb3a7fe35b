import { createContext } from './context.mjs';
import { main } from './main.mjs';
import { runtimeParts, testParts } from './parts.mjs';
import { runParts } from './run-parts.mjs';

// `node src/local/setup/setup.mjs [--tests]`: everything that Steadfast runs on, and with --tests what its tests need.
await main(import.meta.url, async () => {
  const parts = process.argv.includes('--tests') ? [...runtimeParts, ...testParts] : runtimeParts;
  await runParts(parts, createContext(), console.log);
});
