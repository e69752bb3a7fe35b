import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuthConfigObject } from 'dockerode';
import { SteadfastError } from '../../domain/failures.ts';

/** The part of Docker's config.json that logs in to registries. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** What Docker's own programs write Docker Hub's login under. */
const HUB = 'https://index.docker.io/v1/';
const HELPER_MS = 10_000;

/** What `docker login` has left for a registry in a folder's config.json; null where it has left nothing. */
export async function registryAuth(folder: string, registry: string): Promise<AuthConfigObject | null> {
  const config = await readConfig(join(folder, 'config.json'));
  const keys = registry === 'docker.io' ? [HUB, 'docker.io'] : [registry, `https://${registry}`];
  for (const key of keys) {
    const helper = config.credHelpers?.[key];
    if (helper !== undefined) return await askHelper(helper, key);
  }
  for (const key of keys) {
    const { auth, identitytoken } = config.auths?.[key] ?? {};
    if (identitytoken !== undefined) return { identitytoken, serveraddress: key };
    if (auth !== undefined) return basic(auth, key);
  }
  return config.credsStore === undefined ? null : await askHelper(config.credsStore, keys[0] ?? registry);
}

/** The same by the name under which a daemon that builds an image looks for it; empty where nothing is left. */
export async function registryLogins(
  folder: string,
  registry: string,
): Promise<Readonly<Record<string, AuthConfigObject>>> {
  const auth = await registryAuth(folder, registry);
  return auth === null ? {} : { [registry === 'docker.io' ? HUB : registry]: auth };
}

async function readConfig(path: string): Promise<DockerConfig> {
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return {};
  try {
    return JSON.parse(text) as DockerConfig;
  } catch (cause) {
    // The parser's message would quote the file, which holds passwords.
    throw new SteadfastError('Config.Invalid', `${path} is not JSON, which registries are logged in to by`, {
      cause: cause instanceof Error ? cause.name : null,
    });
  }
}

function basic(auth: string, serveraddress: string): AuthConfigObject {
  const [username = '', ...password] = Buffer.from(auth, 'base64').toString('utf8').split(':');
  return { username, password: password.join(':'), serveraddress };
}

/** Asks a credential helper as Docker does; one that knows nothing of the registry is no error. */
async function askHelper(helper: string, key: string): Promise<AuthConfigObject | null> {
  const child = spawn(`docker-credential-${helper}`, ['get'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: HELPER_MS,
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stdin.on('error', () => undefined);
  child.stdin.end(key);
  const code = await new Promise<number | null>((done) => {
    child.once('error', () => done(null));
    child.once('close', done);
  });
  if (code !== 0) return null;
  try {
    const { Username, Secret } = JSON.parse(printed) as { Username: string; Secret: string };
    return Username === '<token>'
      ? { identitytoken: Secret, serveraddress: key }
      : { username: Username, password: Secret, serveraddress: key };
  } catch {
    return null;
  }
}
