import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { aptInstall } from '../apt.mjs';
import { dockerAnswers } from '../docker.mjs';
import { SetupError } from '../process.mjs';

/**
 * A Docker daemon for the tests: one that answers, else a private one that stays up for later runs.
 * @type {import('../context.mjs').Part}
 */
export const dockerEngine = {
  name: 'docker engine',
  async check(context) {
    if (await dockerAnswers(context.env['DOCKER_HOST'])) return true;
    const own = `unix://${context.paths.dockerSocket}`;
    if (!(await dockerAnswers(own))) return false;
    context.env['DOCKER_HOST'] = own;
    return true;
  },
  async make(context) {
    if (!context.which('dockerd')) await aptInstall(context, ['docker.io'], 'the tests need a Docker daemon');
    if (await dockerAnswers()) return 'docker engine installed';
    await startPrivate(context);
    return 'docker engine: a private one started';
  },
};

/** @param {import('../context.mjs').Context} context */
async function startPrivate(context) {
  const folder = context.paths.dockerFolder;
  mkdirSync(folder, { recursive: true });
  const log = join(folder, 'dockerd.log');
  const out = openSync(log, 'a');
  const child = spawn('dockerd', daemonArguments(folder, context.paths.dockerSocket), {
    detached: true,
    stdio: ['ignore', out, out],
    env: context.env,
  });
  // A program that can't be started has no pid; the loop below sees it.
  child.on('error', () => undefined);
  child.unref();
  for (let tries = 0; tries < 150 && child.pid !== undefined && child.exitCode === null; tries++) {
    await sleep(200);
    if (await dockerAnswers(`unix://${context.paths.dockerSocket}`)) return;
  }
  const last = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n    ') : '';
  throw new SetupError(`the private Docker daemon did not start (${log}):\n    ${last}`);
}

/**
 * Everything of its own, so that it never meets another daemon of this machine. No bridge and no packet rules: sandboxes have no
 * network, and what needs one (building images) uses the host's.
 * @param {string} folder
 * @param {string} socket
 */
function daemonArguments(folder, socket) {
  return [
    ['--host', `unix://${socket}`, '--pidfile', join(folder, 'dockerd.pid')],
    ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    [
      '--storage-driver',
      'overlay2',
      '--bridge',
      'none',
      '--iptables=false',
      '--ip6tables=false',
      '--ip-forward=false',
    ],
  ].flat();
}
