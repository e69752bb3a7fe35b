import { listedTests, testFileOf, type Instance } from '../../domain/instance.ts';
import type { SandboxCommand } from '../../ports/sandbox.ts';
import { decidingFiles } from './test-files.ts';

/** The exit code of a test run that found none of its files. */
export const NO_TEST_FILE = 44;

/** Of a test run's output, head and tail together; it is evidence for a person, nothing is read from it. */
const LOG_BYTES = 64 * 1024;

/** How long an instance's tests may take, in milliseconds: the reference's 120 s and 0.05 s a listed test. */
export function testTimeLimitMs(instance: Instance): number {
  return 120_000 + 50 * listedTests(instance).length;
}

/** Whether every listed test is pytest's in a Python project; other runners' ids (Django's, ctest's) are not run. */
export function hasPytestIds(instance: Instance): boolean {
  return instance.language === 'python' && listedTests(instance).every((id) => /\.py(::|$)/.test(id));
}

/** Where the reporter stands in every sandbox. */
const REPORTER = '/opt/steadfast/guest/reporter.py';

const PYTEST = '-q --tb=short -p no:cacheprovider -o addopts= --rootdir=/testbed';

/**
 * The command that runs the files of an instance's listed tests and has the outcomes written to `reportPath`. The hash
 * seed is pinned since parametrised ids can depend on it, and no bytecode is written since a mutant of equal size
 * within a second would meet the stale one.
 */
export function testCommand(instance: Instance, reportPath: string, timeoutMs: number): SandboxCommand {
  const inImage = instance.source.kind === 'image';
  const script = [
    'cd /testbed || exit 43',
    'mapfile -t listed; files=()',
    'for file in "${listed[@]}"; do [[ -f $file ]] && files+=("$file"); done',
    `[[ \${#files[@]} -gt 0 ]] || exit ${NO_TEST_FILE}`,
    ...(inImage ? IMAGE_PYTHON : ['python=/opt/steadfast/env/bin/python']),
    'exec env -i PATH="$PATH" HOME="$(mktemp -d)" TZ=UTC LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0 \\',
    `  "$python" -s ${REPORTER} ${reportPath} ${inImage ? 'installed' : 'src'} ${PYTEST} "\${files[@]}" </dev/null`,
  ].join('\n');
  return {
    key: 'tests',
    script,
    session: 'plain',
    stdin: `${testFiles(instance).join('\n')}\n`,
    timeoutMs,
    outputBytes: LOG_BYTES,
  };
}

/** The images of SWE-smith and SWE-bench hold the project in a conda environment; others in their own Python. */
const IMAGE_PYTHON = [
  'conda=/opt/miniconda3/envs/testbed/bin',
  '[[ -x $conda/python ]] && PATH=$conda:$PATH',
  'python=$(command -v python || command -v python3)',
];

function testFiles(instance: Instance): readonly string[] {
  const listed = new Set(listedTests(instance).map(testFileOf));
  return [...decidingFiles(instance)].filter((file) => listed.has(file));
}
