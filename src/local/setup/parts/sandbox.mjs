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
    return (await dockerAnswers(context.env['DOCKER_HOST'])) !== undefined;
  },
  async make(context) {
    await aptInstall(
      context,
      ['bubblewrap', 'git', 'python3'],
      'rollouts need a sandbox, a Docker daemon or bubblewrap',
    );
    return 'sandbox: bubblewrap installed';
  },
};
