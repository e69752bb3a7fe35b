import { listedTests, type Instance } from '../../../domain/instance.ts';
import { patchSections } from '../patch/sections.ts';
import { readReported, reportedCommand } from './reported.ts';
import type { Runner } from './runner.ts';

/** Django names each test as it runs, a line or two each: enough that the log of some thousands is whole. */
const LOG_BYTES = 1024 * 1024;

/** What a test patch may add beside tests; the official harness leaves out the same. */
const NO_TESTS = /(?:\.(?:json|png|txt|md|jpg|jpeg|pkl|yml|yaml|toml)|csv)$/;

/** Runs what the test patch touches by Django's own tests/runtests.py, under a reporter of ours. */
export const django: Runner = {
  controls: true,
  appliesTestPatch: false,

  command(instance, { timeoutMs, control }) {
    const files = testModules(instance);
    const request = { files, labels: files.map(labelOf), listed: listedTests(instance), control };
    const limits = { timeoutMs, outputBytes: LOG_BYTES };
    return reportedCommand(instance, 'django_reporter.py', request, limits);
  },

  read: readReported,
};

/** The files of the test patch that hold tests. */
function testModules(instance: Instance): readonly string[] {
  const sections = patchSections(instance.testPatch ?? '');
  // A renamed file by its new name.
  const paths = sections.flatMap((section) => section.paths.at(-1) ?? []);
  return [...new Set(paths.filter((path) => !NO_TESTS.test(path)))];
}

/** The label that the official harness would give to runtests.py. */
function labelOf(path: string): string {
  return path
    .replace(/\.py$/, '')
    .replace(/^tests\//, '')
    .replaceAll('/', '.');
}
