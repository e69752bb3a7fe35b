import { join } from 'node:path';
import { createContext } from './context.mjs';
import { main } from './main.mjs';
import { packageRoot } from './paths.mjs';
import { runtimeParts } from './parts.mjs';
import { replaceProcess } from './replace-process.mjs';
import { runParts } from './run-parts.mjs';

// `npm start`: set-up, then `steadfast start` with the same arguments, in this terminal.
await main(import.meta.url, async () => {
  const context = createContext();
  await runParts(runtimeParts, context, console.log);
  await replaceProcess(
    process.execPath,
    [join(packageRoot, 'src/cli/main.ts'), 'start', ...process.argv.slice(2)],
    context.env,
  );
});
