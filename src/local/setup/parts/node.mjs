import { existsSync } from 'node:fs';
import { versions } from '../paths.mjs';
import { SetupError } from '../process.mjs';

/** The oldest Node that runs this package: it strips types by itself. */
const oldestNode = 24;

/** Whether a Node of this version runs the package. */
export function isNewEnough(version = process.versions.node) {
  return Number(version.split('.')[0]) >= oldestNode;
}

/**
 * Node 24 from the npm registry, for machines whose own is older.
 * @type {import('../context.mjs').Part}
 */
export const node = {
  name: 'node',
  check: (context) => isNewEnough() || existsSync(context.paths.node),
  async make(context) {
    const packageName = `node-${process.platform}-${process.arch}@${versions.node}`;
    const found = await context.probe('npm', [
      'install',
      packageName,
      '--prefix',
      context.paths.nodeFolder,
      '--no-audit',
      '--no-fund',
    ]);
    if (found.code !== 0) {
      throw new SetupError(
        `Node ${versions.node} could not be had from the npm registry (${packageName}); install Node ${oldestNode} or newer and try again`,
      );
    }
    return `node ${versions.node} installed`;
  },
};
