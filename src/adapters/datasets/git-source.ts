import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SteadfastError } from '../../domain/failures.ts';
import type { Source } from '../../domain/instance.ts';
import { runCommand } from './command.ts';
import { gitEnvironment } from './git-environment.ts';
import type { Host, Origin } from './trees.ts';

type Git = Extract<Source, { kind: 'git' }>;

/** A history of some GB over a slow line; a server that says nothing is left much earlier. */
const FETCH_MS = 1_200_000;
const LOCAL_MS = 300_000;

const HARDENED = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
].flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/** Of the highest rank: the bytes of the files are as they are in the commit, and no filter is run. */
const ATTRIBUTES = '* -text !eol !crlf !ident !filter !working-tree-encoding\n';

/** The tree of a commit, whoever serves it; submodules stay empty folders. */
export function gitOrigin(host: Host, source: Git): Origin {
  return {
    name: ['git', source.commit],
    fill: async (folder) => {
      const repository = join(host.cacheDir, 'trees', `.${randomUUID()}.git`);
      try {
        await checkOut({ ...host, repository }, source, folder);
      } finally {
        await rm(repository, { recursive: true, force: true });
      }
    },
  };
}

type Workplace = Host & { readonly repository: string };

async function checkOut(place: Workplace, source: Git, folder: string): Promise<void> {
  const { url, commit } = source;
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) {
    throw missing(source, 'expected the commit in full, 40 or 64 hexadecimal digits');
  }
  const must = async (args: readonly string[], timeoutMs = LOCAL_MS): Promise<void> => {
    const said = await failureOf(place, args, timeoutMs);
    if (said !== null) throw missing(source, said);
  };
  await mkdir(place.repository, { recursive: true });
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  await must(['init', '-q', '--bare', '--template=', `--object-format=${format}`]);
  const fetch = ['fetch', '-q', '--no-tags', '--no-recurse-submodules', '--no-write-fetch-head'];
  const alone = await failureOf(place, [...fetch, '--depth=1', '--', url, commit], FETCH_MS);
  // Older servers and plain files over HTTP give no commit by its name: then all branches and tags are taken.
  if (alone !== null) {
    const all = await failureOf(place, [...fetch, '--', url, '+refs/*:refs/*'], FETCH_MS);
    if (all !== null) throw missing(source, all);
  }
  if ((await failureOf(place, ['cat-file', '-e', `${commit}^{commit}`], LOCAL_MS)) !== null) {
    throw missing(source, `the repository has no such commit${alone === null ? '' : ` (${alone})`}`);
  }
  await mkdir(join(place.repository, 'info'), { recursive: true });
  await writeFile(join(place.repository, 'info', 'attributes'), ATTRIBUTES);
  await must(['read-tree', commit]);
  await must(['-c', 'core.symlinks=true', `--work-tree=${folder}`, 'checkout-index', '-q', '--all']);
}

/** Git's words when it fails; null when it does not. */
async function failureOf(
  place: Workplace,
  args: readonly string[],
  timeoutMs: number,
): Promise<string | null> {
  const command = ['git', ...HARDENED, `--git-dir=${place.repository}`, ...args];
  const options = { cwd: place.repository, timeoutMs, env: gitEnvironment(place.environment) };
  const result = await runCommand(command, options).catch((error: unknown) => ({
    exitCode: null,
    output: error instanceof Error ? error.message : String(error),
  }));
  if (result.exitCode === 0) return null;
  return result.output.trim().split('\n').slice(-3).join(' | ').slice(-500) || 'git said nothing';
}

function missing({ url, commit }: Git, why: string): SteadfastError {
  return new SteadfastError(
    'Instance.SourceMissing',
    `The commit ${commit} of ${url} could not be had: ${why}`,
  );
}
