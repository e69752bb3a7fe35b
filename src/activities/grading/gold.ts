import type { Instance } from '../../domain/instance.ts';
import type { SandboxLimits } from '../../ports/sandbox.ts';
import { patchSections } from './patch/sections.ts';
import type { TestBench } from './run-tests.ts';

const APPLY_MS = 120_000;
const DEADLINE_MS = 3600_000;

/**
 * Applies the bug and takes it back, and compares what the patch touches before and after: content, mode, or being
 * absent. The list of paths comes by line, then an empty line, then the patch.
 */
const THERE_AND_BACK = `
cd /testbed || exit 43
paths=(); while IFS= read -r path && [[ -n $path ]]; do paths+=("$path"); done
patch=$(mktemp); cat >"$patch"
state() { for path in "\${paths[@]}"; do
  if [[ -L $path ]]; then echo "link $(readlink -- "$path")"
  elif [[ -e $path ]]; then echo "$(stat -c %a -- "$path") $(sha256sum <"$path")"
  else echo absent; fi; done; }
before=$(state)
git apply -p1 --whitespace=nowarn "$patch" || exit 2
git apply -p1 -R --whitespace=nowarn "$patch" || { echo 'the patch does not apply in reverse'; exit 3; }
after=$(state)
[[ $before == "$after" ]] || { echo 'in reverse, the patch changes other lines than it did'; exit 3; }
`;
const DOES_NOT_APPLY = 2;

/**
 * Whether the gold patch of a SWE-smith instance, its bug in reverse, gives the tree back that the tests passed in: null,
 * or in words why not. No test need be run again then. SWE-bench's gold patch is what its sound run is made with.
 */
export async function reverseIsBroken(
  bench: TestBench,
  instance: Instance,
  limits: SandboxLimits,
): Promise<string | null> {
  const { sandbox, datasets, run, environment, name, signal } = bench;
  const { bugPatch } = instance;
  if (bugPatch === null) return null;
  const tree = await datasets.prepareTree(instance, 'pristine');
  const deadline = new Date(Date.now() + DEADLINE_MS).toISOString();
  try {
    const pristine = { ...instance, bugPatch: null };
    await sandbox.open({ name, run, instance: pristine, environment, tree, limits, deadline }, signal);
    const paths = new Set(patchSections(bugPatch).flatMap((section) => section.paths));
    const result = await sandbox.run(
      name,
      {
        key: 'there-and-back',
        script: THERE_AND_BACK,
        session: 'plain',
        stdin: `${[...paths].join('\n')}\n\n${bugPatch}`,
        timeoutMs: APPLY_MS,
        outputBytes: 4096,
      },
      signal,
    );
    if (result.exitCode === 0) return null;
    const said = result.timedOut ? 'git apply took too long' : result.output.trim();
    return result.exitCode === DOES_NOT_APPLY ? `the bug patch does not apply: ${said}` : said;
  } finally {
    await sandbox.close(name);
  }
}
