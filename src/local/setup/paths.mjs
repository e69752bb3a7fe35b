import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The package's root folder, the same from src/ and from dist/. */
export const packageRoot = resolve(here, '../../..');

/**
 * The pinned versions of everything that set-up installs.
 * @type {{ node: string, uv: string, python: string, skyrlPython: string, temporal: string, temporalServer: string, toxiproxy: string, registry: string, debian: string, postgresql: string }}
 */
export const versions = JSON.parse(readFileSync(join(here, 'versions.json'), 'utf8'));

/** The lock file of the Python environment inside the sandboxes. */
export const guestLock = resolve(here, '../../adapters/sandbox/guest/requirements.lock');

/**
 * The folder of installed tools. config.ts has the same rule; this one runs where TypeScript can't yet.
 * @param {Record<string, string | undefined>} env
 */
export function cacheFolder(env) {
  return resolve(
    env['STEADFAST_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'steadfast'),
  );
}

/**
 * Where each tool stands, named by its version or by the hash of its lock, so that two checkouts share a cache without harm.
 * @param {string} cache
 * @param {string} [root]
 */
export function toolPaths(cache, root = packageRoot) {
  const trainer = join(root, 'trainer');
  const trainerLock = join(trainer, 'requirements.lock');
  const trainerEnv = join(cache, `trainer-${lockHash(trainerLock)}`);
  const trainerTestEnv = join(cache, `trainer-test-${lockHash(join(trainer, 'requirements-test.lock'))}`);
  const skyrlLock = join(root, 'test/support/skyrl/requirements.lock');
  const skyrlEnv = join(cache, `skyrl-${lockHash(skyrlLock)}`);
  const grader = join(root, 'grader');
  const graderEnv = join(cache, `grader-${lockHash(join(grader, 'requirements.lock'))}`);
  const temporalServerFolder = join(cache, `temporal-server-${versions.temporalServer}`);
  const toxiproxyFolder = join(cache, `toxiproxy-${versions.toxiproxy}`);
  const registryFolder = join(cache, `registry-${versions.registry}`);
  const nodeFolder = join(cache, `node-${versions.node}`);
  return {
    trainer,
    trainerLock,
    trainerEnv,
    trainerPython: join(trainerEnv, 'bin/python'),
    trainerTestEnv,
    trainerTestPython: join(trainerTestEnv, 'bin/python'),
    skyrlLock,
    skyrlEnv,
    skyrlPython: join(skyrlEnv, 'bin/python'),
    grader,
    graderEnv,
    graderPython: join(graderEnv, 'bin/python'),
    guestEnv: join(cache, `sandbox-env-${lockHash(guestLock)}`),
    nodeFolder,
    node: join(nodeFolder, `node_modules/node-${process.platform}-${process.arch}/bin/node`),
    uv: join(cache, `uv-${versions.uv}/bin/uv`),
    temporal: join(cache, `temporal-${versions.temporal}/temporal`),
    temporalServerFolder,
    temporalServer: join(temporalServerFolder, 'server'),
    temporalSqlTool: join(temporalServerFolder, 'sql'),
    toxiproxyFolder,
    toxiproxy: join(toxiproxyFolder, 'server'),
    registryFolder,
    registry: join(registryFolder, 'registry'),
    dockerFolder: join(cache, 'dockerd'),
    dockerSocket: join(cache, 'dockerd/docker.sock'),
    baseImage: join(cache, `base-${versions.debian}.tar`),
    postgresql: `/usr/lib/postgresql/${versions.postgresql}/bin`,
  };
}

/** The system's Python, which bubblewrap sandboxes see. */
const systemPython = '/usr/bin/python3';

/**
 * The command of a Python with pip, of the version that sandboxes have where that is known: packages for them come by it.
 * @param {{ uv: string }} paths
 */
export function pythonWithPip({ uv }) {
  if (!existsSync(uv)) return ['python3'];
  const version = existsSync(systemPython) ? ['--python', systemPython] : [];
  return [uv, 'run', '-q', '--no-project', ...version, '--with', 'pip', 'python'];
}

/**
 * A short name for a file's content, "missing" when it isn't there.
 * @param {string} file
 */
export function lockHash(file) {
  if (!existsSync(file)) return 'missing';
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
}
