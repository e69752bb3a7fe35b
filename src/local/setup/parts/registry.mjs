import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { versions } from '../paths.mjs';
import { findGo, goInstall } from '../go.mjs';
import { SetupError } from '../process.mjs';

/**
 * A registry of images, for the tests that pull from one: Docker's own "distribution".
 * @type {import('../context.mjs').Part}
 */
export const registry = {
  name: 'image registry',
  // Two builds at once would take twice the memory and no less time.
  after: ['temporal', 'temporal server', 'toxiproxy'],
  check: (context) => existsSync(context.paths.registry),
  async make(context) {
    const go = findGo(context);
    if (go === undefined)
      throw new SetupError('a test needs an image registry: install Go 1.24 or newer, which builds it');
    const target = context.paths.registryFolder;
    // Built beside its place and renamed, so that a build broken off leaves nothing that looks whole.
    const building = `${target}.building`;
    mkdirSync(building, { recursive: true });
    const program = `github.com/distribution/distribution/v3/cmd/registry@v${versions.registry}`;
    const failure = await goInstall(context, go, building, '-s -w', [program]);
    if (failure !== null) throw new SetupError(`building the image registry with go failed: ${failure}`);
    rmSync(target, { recursive: true, force: true });
    renameSync(building, target);
    return `image registry ${versions.registry} built`;
  },
};
