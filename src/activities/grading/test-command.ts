import { listedTests, type Instance } from '../../domain/instance.ts';

/** Of a test run's output, head and tail together; it is evidence for a person, nothing is read from it. */
export const LOG_BYTES = 64 * 1024;

/** Of a reporter's lines: some 100,000 tests. */
export const REPORT_BYTES = 32 * 1024 * 1024;

/**
 * How long an instance's tests may take, in milliseconds: the reference's 120 s and 0.05 s a listed test; for a data set's
 * script, which runs what it likes, SWE-bench's 1,800 s.
 */
export function testTimeLimitMs(instance: Instance): number {
  return instance.runner === 'script' ? 1_800_000 : 120_000 + 50 * listedTests(instance).length;
}

/**
 * The script that runs a reporter in /testbed with nothing of the sandbox's environment but what tests need. The hash
 * seed is pinned since parametrised ids can depend on it, and no bytecode is written since a mutant of equal size
 * within a second would meet the stale one. The instance's own requirements come first, since they may hold a pytest.
 */
export function isolatedPython(instance: Instance, reporter: string): string {
  return [
    'cd /testbed || exit 43',
    ...(instance.source.kind === 'image' ? IMAGE_PYTHON : ['python=/opt/steadfast/env/bin/python']),
    'requirements=/opt/steadfast/requirements',
    '[[ -d $requirements ]] && paths=(PYTHONPATH="$requirements") || paths=()',
    'exec env -i PATH="$PATH" HOME="$(mktemp -d)" TZ=UTC LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 \\',
    `  STEADFAST_REPORT_FD="$STEADFAST_REPORT_FD" "\${paths[@]}" "$python" -s ${reporter}`,
  ].join('\n');
}

/** The images of SWE-smith and SWE-bench hold the project in a conda environment; others in their own Python. */
const IMAGE_PYTHON = [
  'conda=/opt/miniconda3/envs/testbed/bin',
  '[[ -x $conda/python ]] && PATH=$conda:$PATH',
  'python=$(command -v python || command -v python3)',
];
