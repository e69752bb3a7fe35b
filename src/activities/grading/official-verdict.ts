import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import type { OfficialVerdict } from '../../domain/trajectory.ts';
import type { OfficialScript } from '../../ports/official.ts';
import { OFFICIAL_LOG_BYTES, sandboxScript, scriptOutput } from './official-script.ts';
import type { TestBench } from './run-tests.ts';

const APPLY_MS = 120_000;
/** After which nobody waits any more: the official limits are half an hour at most. */
const LONGEST_MS = 2 * 3600_000;

/**
 * What the data set's own harness says of a patch: in a fresh sandbox of the instance's image the whole patch is applied
 * in the official order, the official script runs under the official limit, and the official parser reads its log. Like
 * the harness, it runs nothing for an empty patch. An infrastructure failure throws.
 */
export async function officialVerdict(
  bench: TestBench,
  instance: Instance,
  patch: string,
): Promise<OfficialVerdict> {
  const { sandbox, official, limits, run, environment, signal } = bench;
  if (patch === '') return (await official.read(instance, { log: '', ended: 'no_patch' }, signal)).verdict;
  const how = await official.script(instance, signal);
  const name = `${bench.name}/official`;
  try {
    const deadline = new Date(Date.now() + LONGEST_MS).toISOString();
    await sandbox.open({ name, run, instance, environment, tree: null, limits, deadline }, signal);
    await sandbox.writeFile(name, how.patchFile, patch);
    const applied = await sandbox.run(
      name,
      {
        key: 'official-patch',
        script: applyScript(how),
        session: 'plain',
        timeoutMs: APPLY_MS,
        outputBytes: 16_384,
      },
      signal,
    );
    if (applied.exitCode !== 0) {
      const refused = { log: applied.output, ended: 'patch_refused' } as const;
      return (await official.read(instance, refused, signal)).verdict;
    }
    const tests = await sandbox.run(
      name,
      {
        key: 'official-tests',
        script: sandboxScript(instance, how.script),
        session: 'plain',
        timeoutMs: how.timeoutMs,
        outputBytes: OFFICIAL_LOG_BYTES,
      },
      signal,
    );
    const log = scriptOutput(tests.output);
    if (log === null) {
      const said = tests.output.trim().slice(-1000);
      throw new SteadfastError(
        'Grade.Failed',
        `The official script of ${instance.instanceId} did not begin: ${said}`,
      );
    }
    return (await official.read(instance, { log, ended: tests.timedOut ? 'timed_out' : 'ran' }, signal))
      .verdict;
  } finally {
    await sandbox.close(name);
  }
}

/** Applies the patch as the harness does, one way after another, and puts back what the harness puts back. */
function applyScript(how: OfficialScript): string {
  const [first = '', ...others] = how.applyCommands;
  const next = others.map((command) => `{ ${how.cleanCommand ?? ':'}; ${command}; }`);
  const ways = [first, ...next, ...(how.appliedCheck === null ? [] : [how.appliedCheck])];
  const paths = how.restored.map((path) => `'${path.replaceAll("'", String.raw`'\''`)}'`);
  return [
    'cd /testbed || exit 43',
    `${ways.join(' || ')} || exit 1`,
    // A path that git does not know keeps it from putting back any, as it does there.
    ...(paths.length === 0 ? [] : [`git checkout -- ${paths.join(' ')} || true`]),
  ].join('\n');
}
