import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { versions } from '../paths.mjs';
import { SetupError } from '../process.mjs';

/**
 * uv, which makes the Python environments: pinned, from PyPI; else the machine's own.
 * @type {import('../context.mjs').Part}
 */
export const uv = {
  name: 'uv',
  check: (context) => existsSync(context.paths.uv),
  async make(context) {
    const target = dirname(dirname(context.paths.uv));
    let why = '';
    for (const python of ['python3', '/usr/bin/python3']) {
      const args = ['-m', 'pip', 'install', '-q', '--upgrade', '--target', target, `uv==${versions.uv}`];
      const ended = await context.probe(python, args);
      if (ended.code === 0 && existsSync(context.paths.uv)) return `uv ${versions.uv} installed`;
      why = (ended.stderr || ended.stdout).trim().split('\n').at(-1) ?? '';
    }
    const own = context.which('uv');
    if (own === undefined) {
      throw new SetupError(
        `uv could not be installed: it needs Python 3.11 or newer with pip (Debian: python3-pip), or uv itself on PATH (pip: ${why})`,
      );
    }
    mkdirSync(dirname(context.paths.uv), { recursive: true });
    // A link that leads nowhere any more would be in the way.
    rmSync(context.paths.uv, { force: true });
    symlinkSync(own, context.paths.uv);
    return "uv: the machine's own taken";
  },
};
