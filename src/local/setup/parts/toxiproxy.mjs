import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { versions } from '../paths.mjs';
import { findGo, goInstall } from '../go.mjs';
import { SetupError } from '../process.mjs';

/**
 * A proxy that cuts, slows and resets connections, for the chaos suite's rows of the network.
 * @type {import('../context.mjs').Part}
 */
export const toxiproxy = {
  name: 'toxiproxy',
  // Two builds at once would take twice the memory and no less time.
  after: ['temporal', 'temporal server'],
  check: (context) => existsSync(context.paths.toxiproxy),
  async make(context) {
    const go = findGo(context);
    if (go === undefined)
      throw new SetupError('a test needs toxiproxy: install Go 1.24 or newer, which builds it');
    const target = context.paths.toxiproxyFolder;
    // Built beside its place and renamed, so that a build broken off leaves nothing that looks whole.
    const building = `${target}.building`;
    mkdirSync(building, { recursive: true });
    const program = `github.com/Shopify/toxiproxy/v2/cmd/server@v${versions.toxiproxy}`;
    const failure = await goInstall(context, go, building, '-s -w', [program]);
    if (failure !== null) throw new SetupError(`building toxiproxy with go failed: ${failure}`);
    rmSync(target, { recursive: true, force: true });
    renameSync(building, target);
    return `toxiproxy ${versions.toxiproxy} built`;
  },
};
