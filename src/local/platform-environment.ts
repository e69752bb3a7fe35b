import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { countOpenWorkflows } from './open-work.ts';
import { policyPlace } from './policy-place.ts';
import type { PlatformState } from './platform-state.ts';

/** What the command line goes by itself: it must be what the platform goes by, set or not. */
const SHARED = ['STEADFAST_STORE', 'TEMPORAL_ADDRESS'];

/** What the platform's processes go by, each read when it starts; STEADFAST_HOME says which platform it is. */
const READ_AT_START = [
  ...SHARED,
  'STEADFAST_CACHE',
  'STEADFAST_TEMPORAL_PORT',
  'STEADFAST_UI_PORT',
  'STEADFAST_POLICY_PORT',
  'STEADFAST_POLICY_URL',
  'STEADFAST_SAMPLER_URLS',
  'STEADFAST_SANDBOX_BASE',
  'STEADFAST_SANDBOX_SLOTS',
  'STEADFAST_HOST',
  'STEADFAST_BUILD_ID',
  'STEADFAST_LOG',
  'STEADFAST_FAILPOINTS',
  'TEMPORAL_NAMESPACE',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'TINKER_BASE_URL',
  'TINKER_API_KEY',
  'ART_BASE_URL',
  'WANDB_API_KEY',
  'WANDB_ENTITY',
  'WANDB_PROJECT',
  'DOCKER_HOST',
  'DOCKER_CONFIG',
  'SWEBENCH_IMAGE_NAMESPACE',
  'HF_HOME',
  'HF_HUB_CACHE',
  'HF_TOKEN',
  'HF_TOKEN_PATH',
  'HF_ENDPOINT',
];

/** Stands among the variables for a policy server, which is there by set-up or by STEADFAST_POLICY_URL. */
const POLICY_SERVER = 'policy-server';

/** Without these a call of an open run is refused, or made of another server, and what was under way comes to nothing. */
export const NEEDED_BY_RUNS: readonly string[] = [
  'OPENAI_API_KEY',
  'STEADFAST_SAMPLER_URLS',
  'TINKER_BASE_URL',
  'TINKER_API_KEY',
  'ART_BASE_URL',
  'WANDB_API_KEY',
  'HF_TOKEN',
  'DOCKER_HOST',
  POLICY_SERVER,
];

/** The environment that a platform's processes are started in, a hash for each variable: no secret is written down. */
export function fingerprints(config: Config): Readonly<Record<string, string>> {
  const values = valuesOf(config);
  return Object.fromEntries(
    namesIn(config).flatMap((name) => {
      const value = values[name];
      return value ? [[name, createHash('sha256').update(value).digest('hex')]] : [];
    }),
  );
}

/**
 * Throws where the platform is up with other values than are set now. What is not set now is no difference: a key may be
 * set in one shell, and its run watched in another.
 */
export function requireSameEnvironment(config: Config, state: PlatformState): void {
  const then = state.environment;
  // A build before this one wrote down none.
  if (then === undefined) return;
  const now = fingerprints(config);
  const differing = namesIn(config).filter(
    (name) => (config.environment[name] || SHARED.includes(name)) && now[name] !== then[name],
  );
  if (differing.length === 0) return;
  throw new Error(
    `the platform is up with another ${differing.join(', ')}, and its processes keep what they were started with: ` +
      'steadfast down, then this again (open runs go on then)',
  );
}

/**
 * Throws where open work may need something that the platform had when it was last up and would lack now, unless it is to go
 * `without`; else keeps what it has for the next time, which may be in another shell. A server of the user's own has other
 * workers too, and is not asked.
 */
export async function requireWhatOpenWorkNeeds(config: Config, without: readonly string[]): Promise<void> {
  const has = NEEDED_BY_RUNS.filter((name) =>
    name === POLICY_SERVER ? policyPlace(config) !== 'nowhere' : isSet(config.environment[name]),
  );
  const lacking = readLastEnvironment(config).filter(
    (name) => !has.includes(name) && !without.includes(name),
  );
  const asks = lacking.length > 0 && config.temporalAddress === null;
  const open = asks ? await countOpenWorkflows(config) : 0;
  // What a lock file of another build wants is easily forgotten, and at night nobody reads what is said.
  if (open > 0 || (asks && lacking.includes(POLICY_SERVER))) {
    throw new Error(
      `the platform was last up with ${lacking.join(', ')}, not there now, which its open workflows (${open}) or schedules may need: ` +
        `${lacking.map(remedy).join(', ')}, or go without by steadfast up --without ${lacking.join(',')}`,
    );
  }
  writeFileSync(lastEnvironment(config), `${JSON.stringify(has)}\n`);
}

function remedy(name: string): string {
  return name === POLICY_SERVER ? 'set it up (node src/local/setup/setup.mjs)' : `set ${name}`;
}

/** `default` is what stands for no key. */
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== 'default';
}

function readLastEnvironment(config: Config): readonly string[] {
  try {
    return JSON.parse(readFileSync(lastEnvironment(config), 'utf8')) as readonly string[];
  } catch {
    // The platform was never up here, or by a build that kept none.
    return [];
  }
}

function lastEnvironment({ home }: Config): string {
  return join(home, 'last-environment.json');
}

/** Where the server is the user's own, all of Temporal's count: key, profile, certificates, headers. */
function namesIn({ environment, temporalAddress }: Config): readonly string[] {
  const temporals = Object.keys(environment).filter((name) => name.startsWith('TEMPORAL_'));
  return [...new Set([...READ_AT_START, ...(temporalAddress === null ? [] : temporals)])];
}

/** As set, or with the default in its place: one who sets what is the default anyway asks for nothing new. */
function valuesOf(config: Config): Readonly<Record<string, string | undefined>> {
  return {
    ...config.environment,
    STEADFAST_STORE: config.store,
    STEADFAST_CACHE: config.cache,
    STEADFAST_TEMPORAL_PORT: String(config.temporalPort),
    STEADFAST_UI_PORT: String(config.uiPort),
    STEADFAST_POLICY_PORT: String(config.policyPort),
    STEADFAST_POLICY_URL: config.policyUrl,
    STEADFAST_LOG: config.logLevel,
    TEMPORAL_ADDRESS: config.temporalAddress ?? undefined,
    TEMPORAL_NAMESPACE: config.temporalNamespace,
    WANDB_PROJECT: config.art.project,
    DOCKER_CONFIG: config.dockerConfig,
    HF_HUB_CACHE: config.hub.folder,
    HF_TOKEN_PATH: config.hub.tokenFile,
    HF_ENDPOINT: config.hub.url,
  };
}
