import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config.ts';
import { requireWhatOpenWorkNeeds } from './platform-environment.ts';
import { endOrphans, PlatformRun } from './platform-run.ts';
import { keepLock, releaseLock, takeLock } from './platform-state.ts';
import { requireFreePorts, wantedPorts } from './ports.ts';
import { platformSpecs } from './process-specs.ts';
import { databaseFile } from './temporal-server.ts';

// A process of its own, in its own session: it outlives the terminal that started the platform.
const config = loadConfig();
const { values } = parseArgs({
  options: { model: { type: 'string' }, without: { type: 'string', multiple: true } },
});
const model = values.model ?? null;

// Another supervisor is at it; who started this one waits for that one's platform.json.
try {
  if (!takeLock(config.home)) process.exit(0);
} catch (error) {
  endWith(error);
}
keepLock(config.home);
try {
  await endOrphans(config.home);
  await requireFreePorts(wantedPorts(config));
  mkdirSync(dirname(databaseFile(config)), { recursive: true });
} catch (error) {
  releaseLock(config.home);
  endWith(error);
}

const run = new PlatformRun(config, model, platformSpecs(config, model));
for (const name of ['SIGTERM', 'SIGINT'] as const) {
  process.on(name, () => {
    void run.stop().then(() => {
      releaseLock(config.home);
      process.exit(0);
    });
  });
}
// Nobody's terminal is ours.
process.on('SIGHUP', () => undefined);
try {
  await run.start(async () => await requireWhatOpenWorkNeeds(config, values.without ?? []));
} catch (error) {
  await run.stop();
  releaseLock(config.home);
  endWith(error);
}

/** Whoever started this one shows what it has said. */
function endWith(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
