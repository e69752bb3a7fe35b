import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Environment, settled } from './config/environment.ts';
import { temporalProfile } from './config/temporal-profile.ts';

/** What the environment says, read once; nobody else reads process.env. */
export interface Config {
  /** State of the embedded default: server database, logs, artifacts, sandboxes. */
  readonly home: string;
  /** Tools and sources that can be made again. */
  readonly cache: string;
  readonly store: string;
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly policyPort: number;
  /** Base URL of the policy server, which ends in /v1. */
  readonly policyUrl: string;
  /** Whether the user has named one that is not ours to start. */
  readonly policyElsewhere: boolean;
  /** Base URLs of servers that load adapters by name, where policy versions are sampled; none for the policy server. */
  readonly samplerUrls: readonly string[];
  /** Address of a Temporal server of the user's own, by TEMPORAL_ADDRESS or a profile; null for the embedded one. */
  readonly temporalAddress: string | null;
  readonly temporalNamespace: string;
  /** A server that speaks Tinker's API, for runs that name it as their trainer; null where there is none. */
  readonly tinker: { readonly baseUrl: string | null; readonly apiKey: string | null };
  /** ART, for runs that name it as their trainer: the address of its local server, or of another serverless one than W&B's. */
  readonly art: {
    readonly baseUrl: string | null;
    readonly apiKey: string | null;
    /** Null for the key's own. */
    readonly entity: string | null;
    readonly project: string;
  };
  readonly openaiApiKey: string | null;
  readonly openaiBaseUrl: string | null;
  /** Name of this sandbox host in task queues. */
  readonly host: string | null;
  /** Names this build to a server that keeps several versions of workers; null for none. */
  readonly buildId: string | null;
  /** Rollouts that this host holds at most; null counts them by cores and memory. */
  readonly sandboxSlots: number | null;
  readonly logLevel: string;
  /** Folder of the failpoints of a test: processes end where its files say; null for none. */
  readonly failpoints: string | null;
  /** Base image of the Docker sandboxes; null for the Dockerfile's own. */
  readonly sandboxBase: string | null;
  /** Folder of Docker's own config.json, with what its users log in to registries by. */
  readonly dockerConfig: string;
  /** What SWE-bench's own harness takes as `--namespace`: the registry namespace of its images. */
  readonly sweBench: { readonly imageNamespace: string | null };
  /** The Hugging Face hub, by the variables that its own clients read. */
  readonly hub: {
    readonly url: string;
    readonly token: string | null;
    readonly tokenFile: string;
    /** Cache of repositories. */
    readonly folder: string;
  };
  /** All of it, for the processes that are started; its paths are absolute. */
  readonly environment: Environment;
}

/** What pino, which writes the logs, calls its levels. */
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Reads the environment, where empty counts as not set; throws an Error that names the variable and its value when one is malformed. */
export function loadConfig(variables: Environment = process.env): Config {
  const env = settled(variables);
  const given = (name: string): string | null => env[name] || null;
  const home = resolve(given('STEADFAST_HOME') ?? join(homedir(), '.steadfast'));
  const caches = given('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  const policyPort = port(env, 'STEADFAST_POLICY_PORT', 8400);
  return {
    home,
    cache: resolve(given('STEADFAST_CACHE') ?? join(caches, 'steadfast')),
    store: resolve(given('STEADFAST_STORE') ?? join(home, 'store')),
    temporalPort: port(env, 'STEADFAST_TEMPORAL_PORT', 7233),
    uiPort: port(env, 'STEADFAST_UI_PORT', 8233),
    policyPort,
    policyUrl: addressOf(env, 'STEADFAST_POLICY_URL') ?? `http://127.0.0.1:${policyPort}/v1`,
    policyElsewhere: given('STEADFAST_POLICY_URL') !== null,
    samplerUrls: addressesOf(env, 'STEADFAST_SAMPLER_URLS'),
    temporalAddress: given('TEMPORAL_ADDRESS') ?? temporalProfile(env).address ?? null,
    temporalNamespace: given('TEMPORAL_NAMESPACE') ?? 'default',
    tinker: { baseUrl: addressOf(env, 'TINKER_BASE_URL'), apiKey: given('TINKER_API_KEY') },
    art: {
      baseUrl: addressOf(env, 'ART_BASE_URL'),
      apiKey: given('WANDB_API_KEY'),
      entity: given('WANDB_ENTITY'),
      project: given('WANDB_PROJECT') ?? 'steadfast',
    },
    openaiApiKey: given('OPENAI_API_KEY'),
    openaiBaseUrl: addressOf(env, 'OPENAI_BASE_URL'),
    host: given('STEADFAST_HOST'),
    buildId: given('STEADFAST_BUILD_ID'),
    sandboxSlots: slots(env),
    logLevel: logLevel(given('STEADFAST_LOG') ?? 'info'),
    failpoints: given('STEADFAST_FAILPOINTS'),
    sandboxBase: given('STEADFAST_SANDBOX_BASE'),
    dockerConfig: resolve(given('DOCKER_CONFIG') ?? join(homedir(), '.docker')),
    sweBench: { imageNamespace: given('SWEBENCH_IMAGE_NAMESPACE') },
    hub: hub(env, given, caches),
    environment: env,
  };
}

function hub(env: Environment, given: (name: string) => string | null, caches: string): Config['hub'] {
  const home = given('HF_HOME') ?? join(caches, 'huggingface');
  return {
    url: addressOf(env, 'HF_ENDPOINT') ?? 'https://huggingface.co',
    token: given('HF_TOKEN'),
    tokenFile: resolve(given('HF_TOKEN_PATH') ?? join(home, 'token')),
    folder: resolve(given('HF_HUB_CACHE') ?? join(home, 'hub')),
  };
}

/** One address, without the slash at its end; null where there is none. */
function addressOf(env: Environment, name: string): string | null {
  const text = env[name];
  if (text?.includes(',')) {
    throw new Error(`${name} is ${JSON.stringify(text)}; expected one URL, and no comma`);
  }
  return addressesOf(env, name)[0] ?? null;
}

/** Addresses that commas part. */
function addressesOf(env: Environment, name: string): readonly string[] {
  const texts = (env[name] ?? '').split(',').map((text) => text.trim());
  return texts
    .filter((text) => text !== '')
    .map((text) => {
      if (!/^https?:$/.test(URL.parse(text)?.protocol ?? '')) {
        const expected = 'a URL that begins with http:// or https://';
        throw new Error(`${name} is ${JSON.stringify(text)}; expected ${expected}`);
      }
      return text.replace(/\/+$/, '');
    });
}

function logLevel(level: string): string {
  if (LOG_LEVELS.includes(level)) return level;
  throw new Error(`STEADFAST_LOG is ${JSON.stringify(level)}; expected one of ${LOG_LEVELS.join(', ')}`);
}

function slots(env: Environment): number | null {
  const text = env['STEADFAST_SANDBOX_SLOTS'];
  if (text === undefined || text === '') return null;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new Error(`STEADFAST_SANDBOX_SLOTS is ${JSON.stringify(text)}; expected a whole number from 1`);
  }
  return value;
}

function port(env: Environment, name: string, fallback: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65535) {
    throw new Error(`${name} is ${JSON.stringify(text)}; expected a port from 1 to 65535`);
  }
  return value;
}
