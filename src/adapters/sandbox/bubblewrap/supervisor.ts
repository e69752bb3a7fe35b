import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SteadfastError } from '../../../domain/failures.ts';
import { guestFolder } from '../guest.ts';
import { encodeRequest } from '../request.ts';
import { parseAnswer } from '../supervised.ts';
import type { Answer, Task } from '../supervised.ts';
import { cgroupOf } from './cgroup.ts';
import type { Layout } from './arguments.ts';
import type { Folder } from './folder.ts';
import { HOST_PYTHON } from './host.ts';
import { runDetached } from './process.ts';

/** Under what a sandbox's commands run on the host. */
export interface Identity {
  /** Null for the user's own. */
  readonly uid: number | null;
  /** Whether it has a cgroup. */
  readonly bounded: boolean;
}

/** Runs one task of a sandbox by a supervisor that outlives this process. */
export async function supervise(
  folder: Folder,
  identity: Identity,
  { argv, stage }: Layout,
  task: Task,
  options: { readonly opening?: true; readonly signal?: AbortSignal | undefined } = {},
): Promise<Answer> {
  const cgroup = identity.bounded ? cgroupOf(folder.id) : null;
  const request = encodeRequest({
    ...task,
    root: folder.path,
    opening: options.opening === true,
    argv: [...argv, ...task.argv],
    uid: identity.uid,
    cgroups: cgroup?.joins ?? [],
    oom: cgroup?.oom ?? [],
    stage,
    roots: folder.roots,
    scratchFolder: folder.at('scratch'),
    cwd: '/',
  });
  // The folder's path is there for `close`, which tells by it whose supervisor this is.
  // Compiled files go beside the sandboxes, and not into the package.
  const python = [
    HOST_PYTHON,
    '-I',
    '-S',
    '-E',
    '-X',
    `pycache_prefix=${dirname(dirname(folder.path))}/pycache`,
  ];
  const command = [...python, join(guestFolder, 'supervise.py'), folder.path];
  const { code, stdout, stderr } = await runDetached(command, request, options.signal);
  const answer = parseAnswer(stdout);
  if (answer !== null) return answer;
  // Closed meanwhile: `close` ends the supervisor after it took this file away.
  if (options.opening !== true && !existsSync(folder.at('ready'))) return { error: 'gone' };
  throw new SteadfastError(
    'Sandbox.Failed',
    `The supervisor of a command ended (${code}): ${stderr.slice(-2000)}`,
  );
}
