import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { versions } from '../paths.mjs';
import { findGo, goInstall } from '../go.mjs';
import { SetupError } from '../process.mjs';

/**
 * Temporal's server proper and its schema tool, for the test of workers on PostgreSQL; the release of infra/compose.yaml.
 * @type {import('../context.mjs').Part}
 */
export const temporalServer = {
  name: 'temporal server',
  // Two builds at once would take twice the memory and no less time.
  after: ['temporal'],
  check: (context) => existsSync(context.paths.temporalServer) && existsSync(context.paths.temporalSqlTool),
  async make(context) {
    const go = findGo(context);
    if (go === undefined)
      throw new SetupError("a test needs Temporal's server: install Go 1.24 or newer, which builds it");
    const target = context.paths.temporalServerFolder;
    // Built beside its place and renamed, so that a build broken off leaves nothing that looks whole.
    const building = `${target}.building`;
    mkdirSync(building, { recursive: true });
    const packages = ['server', 'tools/sql'].map(
      (name) => `go.temporal.io/server/cmd/${name}@v${versions.temporalServer}`,
    );
    const failure = await goInstall(context, go, building, '-s -w', packages);
    if (failure !== null) throw new SetupError(`building Temporal's server with go failed: ${failure}`);
    rmSync(target, { recursive: true, force: true });
    renameSync(building, target);
    return `temporal server ${versions.temporalServer} built`;
  },
};
