import { join } from 'node:path';
import type { Config } from '../config.ts';
import { policyPlace } from './policy-place.ts';
import { packageRoot, toolPaths } from './setup/paths.mjs';
import type { ProcessSpec } from './supervised-process.ts';
import { temporalArguments, temporalEnvironment } from './temporal-server.ts';

/** The worker processes; apart, since a busy activity would starve the workflow tasks of its process. */
const workerRoles = ['workflows', 'records', 'sandbox', 'model', 'trainer'] as const;

/** The processes of the embedded platform. Workers start when Temporal is ready, and end before the policy server and it. */
export interface PlatformSpecs {
  readonly temporal: ProcessSpec | null;
  readonly policy: ProcessSpec | null;
  readonly workers: readonly ProcessSpec[];
}

/** What to run for this configuration; no Temporal server, and no policy server, where the user named one or wants none. */
export function platformSpecs(config: Config, model: string | null): PlatformSpecs {
  return {
    temporal: config.temporalAddress === null ? temporalSpec(config) : null,
    policy: policyPlace(config) === 'here' ? policySpec(config, model) : null,
    workers: workerRoles.map((role) => workerSpec(config, role)),
  };
}

function temporalSpec(config: Config): ProcessSpec {
  return {
    name: 'temporal',
    command: toolPaths(config.cache).temporal,
    args: temporalArguments(config),
    cwd: config.home,
    env: temporalEnvironment(config.environment),
    // The UI asks the server for its namespace: an answer means that both are up and the namespace is there.
    ready: () => answers(`http://127.0.0.1:${config.uiPort}/api/v1/namespaces/${config.temporalNamespace}`),
    graceMs: 5000,
  };
}

function policySpec(config: Config, model: string | null): ProcessSpec {
  const paths = toolPaths(config.cache);
  return {
    name: 'policy',
    command: paths.trainerPython,
    args: ['-m', 'steadfast_trainer.serve', '--port', String(config.policyPort), ...modelArguments(model)],
    cwd: paths.trainer,
    // Compiled modules are kept even where the environment says otherwise: without them a start takes 10 s more.
    env: { ...config.environment, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '' },
    ready: () => answers(`http://127.0.0.1:${config.policyPort}/health`),
    // A gradient step in hand is lost by ending; it is made again from its parent.
    graceMs: 5000,
  };
}

function workerSpec(config: Config, role: (typeof workerRoles)[number]): ProcessSpec {
  // From source in a checkout, from dist/ in a package: the workers stand where this file does.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = join(import.meta.dirname, `../workers/main.${extension}`);
  return {
    name: role,
    command: process.execPath,
    args: [entry, '--role', role],
    cwd: packageRoot,
    env: {
      ...config.environment,
      STEADFAST_HOME: config.home,
      STEADFAST_CACHE: config.cache,
      // Compiled modules are kept: half of a restart's second is their compilation.
      NODE_COMPILE_CACHE: join(config.cache, 'node-compile'),
    },
    ready: 'message',
    graceMs: 10_000,
  };
}

function modelArguments(model: string | null): string[] {
  return model === null ? [] : ['--model', model];
}

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
