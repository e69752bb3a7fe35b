import { spawn } from 'node:child_process';
import { closeSync, existsSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config.ts';
import { lastLine, logFile, logFolder, logSince, openLog } from './logs.ts';
import { requireSameEnvironment } from './platform-environment.ts';
import { policyPlace } from './policy-place.ts';
import { readLiveState, type PlatformState, type ProcessState } from './platform-state.ts';
import { isAlive, signal } from './process-identity.ts';
import { toolPaths } from './setup/paths.mjs';

/** How to bring the platform up. */
export interface EnsureOptions {
  /** Folder or hub name of the model that the policy server loads at start. */
  readonly model?: string;
  /** Told one line for each part that became ready. */
  readonly progress?: (line: string) => void;
  /** Told now and then which parts are waited for: a large model loads for minutes. */
  readonly waiting?: (line: string) => void;
  /** Variables that the platform had when it was last up, and may go without now. */
  readonly without?: readonly string[];
  readonly timeoutMs?: number;
}

/** Long enough for a large model to load at start; a platform without one is ready in seconds. */
const defaultTimeoutMs = 600_000;
const WAITING_EVERY_MS = 15_000;
/** A process that died so often while it was waited for will not come up by itself. */
const DEATHS = 3;

/**
 * Brings the embedded platform up unless it is, and returns once every part is ready; throws where it is up with another
 * environment, where it would come up without what its open work may need, and where a part dies again and again.
 */
export async function ensurePlatform(config: Config, options: EnsureOptions = {}): Promise<PlatformState> {
  requireSetUp(config, options.model);
  const deadline = Date.now() + (options.timeoutMs ?? defaultTimeoutMs);
  const told = new Set<string>();
  const dyingOf = watchDeaths();
  let nextWord = Date.now() + WAITING_EVERY_MS;
  let starter: Starter | undefined;
  for (;;) {
    const state = readLiveState(config.home);
    if (state === undefined) starter = started(config, options, starter);
    else if (state.phase !== 'stopping') {
      requireSameEnvironment(config, state);
      tell(state, told, options.progress);
      if (state.phase === 'ready') return state;
      const dying = dyingOf(state);
      if (dying !== undefined) throw new Error(doesNotComeUp(config, dying));
      if (Date.now() > nextWord) {
        nextWord += WAITING_EVERY_MS;
        options.waiting?.(`waiting for ${late(state).join(', ')}; logs are in ${logFolder(config.home)}`);
      }
    }
    if (Date.now() > deadline) throw new Error(notReady(config, state));
    await sleep(50);
  }
}

/** The platform as it is now; undefined when it is down. */
export function platformStatus(config: Pick<Config, 'home'>): PlatformState | undefined {
  return readLiveState(config.home);
}

/** Where the embedded parts listen: where they came up, else where they would. */
export function platformPorts(config: Config): PlatformState['ports'] {
  const { temporalPort: temporal, uiPort: ui, policyPort: policy } = config;
  return readLiveState(config.home)?.ports ?? { temporal, ui, policy };
}

/** Ends the platform in order; false when it was not up. */
export async function stopPlatform(config: Pick<Config, 'home'>): Promise<boolean> {
  const state = readLiveState(config.home);
  if (state === undefined || !signal(state.supervisor, 'SIGTERM')) return false;
  while (isAlive(state.supervisor)) await sleep(50);
  return true;
}

interface Starter {
  readonly hasEnded: () => boolean;
}

/** Starts a supervisor when none was or the last one ended without a word; throws when it ended with one. */
function started(config: Config, options: EnsureOptions, starter: Starter | undefined): Starter {
  return starter === undefined || starter.hasEnded() ? startSupervisor(config, options) : starter;
}

function startSupervisor(config: Config, { model, without = [] }: EnsureOptions): Starter {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const log = openLog(config.home, 'supervisor');
  const before = fstatSync(log).size;
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, `supervisor.${extension}`),
      ...(model === undefined ? [] : ['--model', model]),
      ...without.flatMap((name) => ['--without', name]),
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...config.environment, STEADFAST_HOME: config.home },
    },
  );
  closeSync(log);
  child.unref();
  let code: number | null | undefined;
  child.once('exit', (exitCode) => (code = exitCode));
  return {
    hasEnded: () => {
      if (code === undefined || code === 0) return code === 0;
      throw new Error(`the platform did not start:\n${logSince(config.home, 'supervisor', before)}`);
    },
  };
}

/** The server is always wanted; a policy server only where it has a model to load. */
function requireSetUp(config: Config, model: string | undefined): void {
  const { temporal, trainerEnv } = toolPaths(config.cache);
  const missing = [
    ...(config.temporalAddress === null && !existsSync(temporal) ? [temporal] : []),
    ...(model !== undefined && policyPlace(config) === 'nowhere' ? [trainerEnv] : []),
  ];
  if (missing.length === 0) return;
  throw new Error(
    `set-up is lacking (${missing.join(', ')}): \`npm start\` or \`node src/local/setup/setup.mjs\` does it`,
  );
}

/** One line for each part that became ready since the last look. */
function tell(state: PlatformState, told: Set<string>, progress: EnsureOptions['progress']): void {
  for (const { name, phase } of state.processes) {
    if (phase !== 'ready' || told.has(name)) continue;
    told.add(name);
    progress?.(`${name} is ready`);
  }
}

/** The parts that are not ready, by name. */
function late({ processes }: PlatformState): readonly string[] {
  return processes.filter(({ phase }) => phase !== 'ready').map(({ name }) => name);
}

/** Finds a process that has died some times since the first look, and is not up now. */
function watchDeaths(): (state: PlatformState) => ProcessState | undefined {
  const before = new Map<string, number>();
  return ({ processes }) =>
    processes.find(({ name, restarts, phase }) => {
      const first = before.get(name) ?? restarts;
      before.set(name, first);
      return phase !== 'ready' && restarts - first >= DEATHS;
    });
}

function doesNotComeUp({ home }: Config, { name }: ProcessState): string {
  const last = lastLine(home, name);
  return `the ${name} process ends again and again${last === '' ? '' : `: ${last}`} (${logFile(home, name)}); steadfast down ends the rest`;
}

function notReady(config: Config, state: PlatformState | undefined): string {
  const names = state === undefined ? ['supervisor'] : late(state);
  return `the platform is not ready yet; see ${names.map((name) => logFile(config.home, name)).join(', ')}`;
}
