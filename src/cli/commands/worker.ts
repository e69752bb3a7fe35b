import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineCommand } from 'citty';
import { nearestName } from '../../schemas/nearest.ts';
import { UsageError } from '../errors.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';

/** Roles as people name them, with the worker processes that each stands for. */
const ROLES = {
  orchestrator: ['workflows', 'records'],
  workflows: ['workflows'],
  records: ['records'],
  sandbox: ['sandbox'],
  model: ['model'],
  trainer: ['trainer'],
} as const satisfies Record<string, readonly string[]>;

/** `steadfast worker`: workers by role, each a process of its own, for machines that share a Temporal server. */
export const workerCommand = defineCommand({
  meta: {
    name: 'worker',
    description: 'Run workers in the foreground, against the server of TEMPORAL_ADDRESS',
  },
  args: {
    roles: {
      type: 'string',
      required: true,
      valueHint: 'roles',
      description: `Comma-separated: ${Object.keys(ROLES).join(', ')}; orchestrator is workflows and records`,
    },
    'build-id': {
      type: 'string',
      valueHint: 'id',
      description:
        'Name of this build of the workflows, for a server that keeps several versions (STEADFAST_BUILD_ID)',
    },
  },
  plugins: [strictOptions],
  async run({ args }) {
    const processes = [...new Set(args.roles.split(',').flatMap((role) => processesOf(role.trim())))];
    if (args['build-id'] !== undefined && !processes.includes('workflows')) {
      throw new UsageError(
        '--build-id has no meaning without the role workflows (or orchestrator): activities have no version',
      );
    }
    process.exitCode = await superviseAll(processes, args['build-id']);
  },
});

function processesOf(role: string): readonly string[] {
  const known: Readonly<Record<string, readonly string[]>> = ROLES;
  const processes = known[role];
  if (processes !== undefined) return processes;
  const nearest = nearestName(role, Object.keys(ROLES));
  const hint =
    nearest === null ? `the roles are ${Object.keys(ROLES).join(', ')}` : `did you mean ${nearest}?`;
  throw new UsageError(`unknown role ${JSON.stringify(role)}; ${hint}`);
}

/** Runs all until the first ends, ends the others, and answers that one's exit code: the container's restart does the rest. */
async function superviseAll(roles: readonly string[], buildId: string | undefined): Promise<number> {
  const { cache, environment } = readEnvironment();
  const env = {
    ...environment,
    NODE_COMPILE_CACHE: join(cache, 'node-compile'),
    ...(buildId === undefined ? {} : { STEADFAST_BUILD_ID: buildId }),
  };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`../../workers/main.${extension}`, import.meta.url));
  const children = roles.map((role) =>
    spawn(process.execPath, [entry, '--role', role], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  );
  const endAll = (signal: NodeJS.Signals) => {
    for (const child of children) child.kill(signal);
  };
  // A terminal sends Ctrl-C to the whole group; the children end in order by themselves.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => endAll('SIGTERM'));
  const codes = children.map(
    (child) =>
      new Promise<number>((resolve) => {
        child.once('error', () => resolve(1));
        child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGTERM' ? 0 : 1)));
      }),
  );
  const first = await Promise.race(codes);
  endAll('SIGTERM');
  await Promise.all(codes);
  return first;
}
