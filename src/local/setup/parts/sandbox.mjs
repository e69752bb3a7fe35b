import { existsSync } from 'node:fs';
import { dockerAnswers } from '../docker.mjs';
import { aptInstall } from '../apt.mjs';

/**
 * Something that rollouts can be shut into: bubblewrap with the machine's git and Python, else a Docker daemon.
 * @type {import('../context.mjs').Part}
 */
export const sandbox = {
  name: 'sandbox',
  async check(context) {
    if (process.platform !== 'linux') return true;
    if (context.which('bwrap') && context.which('git') && existsSync('/usr/bin/python3')) return true;
    if ((await dockerAnswers(context.env['DOCKER_HOST'])) !== undefined) return true;
    // By TLS, ssh or a context only Docker's own command gets there.
    const asked = await context.probe('docker', ['version', '--format', '{{.Server.Version}}'], {
      timeoutMs: 10_000,
    });
    return asked.code === 0;
  },
  async make(context) {
    await aptInstall(
      context,
      ['bubblewrap', 'git', 'python3'],
      context.isRoot
        ? 'rollouts need a sandbox, a Docker daemon or bubblewrap'
        : 'rollouts need a sandbox: a Docker daemon, or bubblewrap, which bounds no memory without root (npm start -- --sandbox bubblewrap takes it)',
    );
    return 'sandbox: bubblewrap installed';
  },
};
