import { homedir } from 'node:os';
import { resolve } from 'node:path';

/** Variables by name, as processes are given them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of ours, and of what our processes are made of, that hold one path. */
const PATHS = [
  'STEADFAST_HOME',
  'STEADFAST_STORE',
  'STEADFAST_CACHE',
  'STEADFAST_FAILPOINTS',
  'XDG_CACHE_HOME',
  'DOCKER_CONFIG',
  'DOCKER_CERT_PATH',
  'TEMPORAL_CONFIG_FILE',
  'TEMPORAL_TLS_CLIENT_CERT_PATH',
  'TEMPORAL_TLS_CLIENT_KEY_PATH',
  'TEMPORAL_TLS_SERVER_CA_CERT_PATH',
];
/** The hub's own clients take `~` for the home in these, whoever starts them. */
const HUB_PATHS = ['HF_HOME', 'HF_HUB_CACHE', 'HF_TOKEN_PATH'];

/**
 * An environment that means the same to every process that gets it: paths are taken from this process's folder, since
 * workers and the policy server stand in folders of their own.
 */
export function settled(env: Environment): Environment {
  const paths: Record<string, string> = {};
  for (const name of [...PATHS, ...HUB_PATHS]) {
    const text = env[name];
    if (!text) continue;
    paths[name] = resolve(HUB_PATHS.includes(name) ? text.replace(/^~(?=\/|$)/, homedir()) : text);
  }
  return { ...env, ...paths };
}
