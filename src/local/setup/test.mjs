import { createContext } from './context.mjs';
import { main } from './main.mjs';
import { runtimeParts, testParts } from './parts.mjs';
import { SetupError } from './process.mjs';
import { runParts } from './run-parts.mjs';
import { endsOfFailed, runStage, tableOf } from './run-stage.mjs';
import { stages } from './stages.mjs';

// `npm test [-- STAGE …]`: set-up of what the stages need, then each stage, whatever became of those before it.
await main(import.meta.url, async () => {
  const chosen = choose(process.argv.slice(2));
  const needed = new Set(chosen.flatMap((stage) => stage.needs));
  const context = createContext();
  await runParts(
    [...runtimeParts, ...testParts].filter((part) => needed.has(part.name)),
    context,
    console.log,
  );
  const results = [];
  for (const stage of chosen) results.push(await runStage(stage, context));
  if (results.some((result) => result.code !== 0)) {
    console.log(endsOfFailed(results));
    process.exitCode = 1;
  }
  console.log(tableOf(results));
});

/** @param {string[]} names */
function choose(names) {
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new SetupError(
      `no such stage: ${unknown.join(', ')}. There are: ${stages.map((stage) => stage.name).join(', ')}`,
    );
  }
  return names.length === 0 ? stages : stages.filter((stage) => names.includes(stage.name));
}
