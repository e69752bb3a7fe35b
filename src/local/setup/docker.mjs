import { request } from 'node:http';

/** Where Docker listens by default. */
const defaultSocket = '/var/run/docker.sock';

/**
 * The version of the Docker daemon at a unix socket or a plain DOCKER_HOST address, undefined when none answers: all that
 * can be asked before the packages are there.
 * @param {string} [host]
 * @returns {Promise<string | undefined>}
 */
export function dockerAnswers(host) {
  const where = dockerAddress(host);
  if (where === undefined) return Promise.resolve(undefined);
  return new Promise((done) => {
    const asked = request({ ...where, path: '/version', timeout: 2000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => done(versionIn(text)));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => done(undefined));
    asked.end();
  });
}

/**
 * @param {string} text
 * @returns {string | undefined}
 */
function versionIn(text) {
  try {
    /** @type {{ Version?: string }} */
    const { Version } = JSON.parse(text);
    return Version;
  } catch {
    return undefined;
  }
}

/**
 * Where to ask; undefined where the address cannot be understood. An empty one is none, as for Docker's own programs.
 * @param {string} [host]
 * @returns {{ socketPath: string } | { host: string, port: number } | undefined}
 */
export function dockerAddress(host) {
  if (!host) return { socketPath: defaultSocket };
  if (host.startsWith('unix://')) return { socketPath: host.slice('unix://'.length) };
  try {
    const { hostname, port } = new URL(host);
    return { host: hostname, port: Number(port) || 2375 };
  } catch {
    return undefined;
  }
}
