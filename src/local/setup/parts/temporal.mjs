import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { versions } from '../paths.mjs';
import { findGo, goInstall } from '../go.mjs';
import { SetupError } from '../process.mjs';

const source = 'github.com/temporalio/cli';

/**
 * The temporal command with its development server: the machine's own, else built from the Go module of a pinned version.
 * @type {import('../context.mjs').Part}
 */
export const temporal = {
  name: 'temporal',
  check: (context) => existsSync(context.paths.temporal),
  async make(context) {
    const target = context.paths.temporal;
    mkdirSync(dirname(target), { recursive: true });
    const own = context.which('temporal');
    if (own !== undefined && isRecent((await context.probe(own, ['--version'])).stdout)) {
      // A link that leads nowhere any more would be in the way.
      rmSync(target, { force: true });
      symlinkSync(own, target);
      return "temporal: the machine's own taken";
    }
    const go = findGo(context);
    if (go === undefined) throw new SetupError(lacking());
    await build(context, go, target);
    return `temporal ${versions.temporal} built`;
  },
};

/**
 * Builds beside the target and renames, so that a build broken off leaves nothing that looks whole.
 * @param {import('../context.mjs').Context} context
 * @param {string} go
 * @param {string} target
 */
async function build(context, go, target) {
  const folder = join(dirname(target), 'build');
  const flags = `-s -w -X ${source}/temporalcli.Version=${versions.temporal}`;
  const failure = await goInstall(context, go, folder, flags, [
    `${source}/cmd/temporal@v${versions.temporal}`,
  ]);
  if (failure !== null) throw new SetupError(`${lacking()}\n    (building it with go failed: ${failure})`);
  chmodSync(join(folder, 'temporal'), 0o755);
  renameSync(join(folder, 'temporal'), target);
}

/**
 * Whether `temporal --version` names 1.5 or newer.
 * @param {string} output
 */
export function isRecent(output) {
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(output) ?? [];
  return major !== undefined && (Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 5));
}

function lacking() {
  return `the temporal command is lacking: put temporal 1.5 or newer on PATH (https://docs.temporal.io/cli), or install Go 1.24 or newer, which builds it`;
}
