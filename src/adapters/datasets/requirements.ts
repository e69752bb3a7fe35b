import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import { guestFolder } from '../sandbox/guest.ts';
import { runCommand } from './command.ts';
import { madeOnce, Shared } from './made-once.ts';
import { ownCommands, writeCommands } from './own-commands.ts';
import type { Host } from './trees.ts';

/** Part of every folder's name: raise it when requirements come to be installed in another way. */
const LAYOUT = 'requirements-2';

/** Some tens of packages from an index; what takes longer is an unreachable one with pip's retries. */
const INSTALL_MS = 600_000;

/**
 * The folder below <cache>/requirements with an instance's packages, for the Python that `host.python` is. They come as
 * wheels: building a source distribution would run its code on this host. What pytest itself needs is held at the
 * versions of the sandboxes' own. Its `bin` has their commands, and those of the project in `tree`.
 */
export async function requirementsFolder(
  host: Host,
  instance: Instance,
  tree: string | null,
): Promise<string> {
  const wanted = instance.requirements.toSorted();
  const failed = (why: string): SteadfastError =>
    new SteadfastError(
      'Instance.RequirementsMissing',
      `The requirements of ${instance.instanceId} (${wanted.join(', ')}) could not be installed: ${why}`,
    );
  const folder = join(host.cacheDir, 'requirements');
  await mkdir(folder, { recursive: true });
  const run = async (args: readonly string[], timeoutMs: number): Promise<string> => {
    const result = await runCommand([...host.python, ...args], { cwd: folder, timeoutMs }).catch(
      (cause: unknown) => {
        throw failed(cause instanceof Error ? cause.message : String(cause));
      },
    );
    if (result.exitCode === 0) return result.output.trim();
    throw failed(result.output.trim().split('\n').slice(-3).join(' | ').slice(-800) || 'pip said nothing');
  };
  const python = await pythons.of(
    JSON.stringify(host.python),
    async () => await run(['-c', NAME_PYTHON], 60_000),
  );
  const pins = await pinsOfGuest();
  const commands = tree === null ? [] : await ownCommands(tree);
  const name = [LAYOUT, python, ...pins, '', ...wanted, JSON.stringify(commands)];
  return await madeOnce(folder, name, async (draft) => {
    const constraints = `${draft}.txt`;
    try {
      await writeFile(constraints, `${pins.join('\n')}\n`);
      const options = ['--quiet', '--no-input', '--disable-pip-version-check', '--root-user-action=ignore'];
      const how = ['--only-binary=:all:', `--constraint=${constraints}`, `--target=${draft}`];
      await run(['-m', 'pip', 'install', ...options, ...how, ...wanted], INSTALL_MS);
    } finally {
      await rm(constraints, { force: true });
    }
    await writeCommands(draft, commands);
    // Sandboxes read it under uids of their own.
    await runCommand(['chmod', '-R', 'a+rX', draft], { cwd: folder, timeoutMs: 60_000 });
  });
}

/** Asked once by each process: starting a Python takes longer than all else of a folder that is there. */
const pythons = new Shared('kept');

const NAME_PYTHON = 'import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_platform())';

/** The packages of the sandboxes' own environment with their versions. */
async function pinsOfGuest(): Promise<readonly string[]> {
  const lock = await readFile(join(guestFolder, 'requirements.lock'), 'utf8');
  return [...lock.matchAll(/^([\w.-]+==[^\s\\]+(?: ; [^\\\n]+)?)/gm)].map((match) => (match[1] ?? '').trim());
}
