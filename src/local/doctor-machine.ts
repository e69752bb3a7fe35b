import { execFile } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { DoctorRow } from './doctor.ts';
import { policyPlace } from './policy-place.ts';
import { toolPaths } from './setup/paths.mjs';

const setUpHint = 'run `node src/local/setup/setup.mjs`';
/** Less than this and a run's checkpoints, or the trainer's environment of 6 GB, may not fit. */
const littleDiskBytes = 10 * 1024 ** 3;

/** Node, Python's environment, the temporal command, git and the disk. */
export async function machineRows(config: Config): Promise<DoctorRow[]> {
  const paths = toolPaths(config.cache);
  const [torch, temporal, git] = await Promise.all([
    firstLine(paths.trainerPython, [
      '-c',
      'import platform, importlib.metadata as m; print("Python", platform.python_version() + ", torch", m.version("torch"))',
    ]),
    firstLine(paths.temporal, ['--version']),
    firstLine('git', ['--version']),
  ]);
  return [
    nodeRow(process.versions.node),
    // Where servers of the user's own take their place, nothing here starts them.
    ...policyRows(config, torch),
    ...(config.temporalAddress === null ? [required('temporal command', temporal, setUpHint)] : []),
    required('git', git, 'install git'),
    diskRow(config.home),
    diskRow(config.cache),
  ];
}

/** Endpoints alone need no policy server, and no environment of 6 GB. */
function policyRows(config: Config, torch: string | undefined): DoctorRow[] {
  const part = 'policy server';
  const place = policyPlace(config);
  if (place === 'elsewhere') return [];
  if (place === 'here') return [required(part, torch, setUpHint)];
  const hint = `${setUpHint} to train, or to sample weights of your own; endpoints need none`;
  return [{ part, found: 'not set up', state: 'warn', hint }];
}

/** Whether this Node runs the package without a build step. */
export function nodeRow(version: string): DoctorRow {
  const ok = Number(version.split('.')[0]) >= 24;
  return { part: 'Node', found: version, state: ok ? 'ok' : 'missing', hint: ok ? '' : 'install Node 24' };
}

/** A row for something that must be there. */
export function required(part: string, found: string | undefined, hint: string): DoctorRow {
  return found === undefined
    ? { part, found: 'not found', state: 'missing', hint }
    : { part, found, state: 'ok', hint: '' };
}

/** The first line that a program prints; undefined when it isn't there or fails. */
function firstLine(command: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 5000 }, (error, stdout) => {
      resolve(error === null ? stdout.trim().split('\n')[0] : undefined);
    });
  });
}

function diskRow(folder: string): DoctorRow {
  let place = folder;
  while (!existsSync(place)) place = dirname(place);
  const { bavail, bsize } = statfsSync(place);
  const little = bavail * bsize < littleDiskBytes;
  return {
    part: `disk of ${folder}`,
    found: `${((bavail * bsize) / 1024 ** 3).toFixed(0)} GiB free`,
    state: little ? 'warn' : 'ok',
    hint: little ? 'free some space: checkpoints and environments need about 10 GiB' : '',
  };
}
