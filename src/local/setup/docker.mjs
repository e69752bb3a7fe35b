import { request } from 'node:http';

/** Where Docker listens by default. */
const defaultSocket = '/var/run/docker.sock';

/**
 * The version of the Docker daemon at a unix socket or DOCKER_HOST address, undefined when none answers.
 * @param {string} [host]
 * @returns {Promise<string | undefined>}
 */
export async function dockerAnswers(host) {
  return (await dockerComponents(host))['Engine'];
}

/**
 * The versions of a Docker daemon's components (Engine, containerd, runc) by name; empty when none answers.
 * @param {string} [host]
 * @returns {Promise<Record<string, string | undefined>>}
 */
export function dockerComponents(host) {
  const where = dockerAddress(host);
  if (where === undefined) return Promise.resolve({});
  return new Promise((done) => {
    const asked = request({ ...where, path: '/version', timeout: 2000 }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => done(versionsOf(text)));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => done({}));
    asked.end();
  });
}

/**
 * @param {string} text
 * @returns {Record<string, string | undefined>}
 */
function versionsOf(text) {
  try {
    /** @type {{ Version?: string, Components?: { Name: string, Version: string }[] }} */
    const { Version, Components } = JSON.parse(text);
    return {
      Engine: Version,
      ...Object.fromEntries((Components ?? []).map((one) => [one.Name, one.Version])),
    };
  } catch {
    return {};
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
