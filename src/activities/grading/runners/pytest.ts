import { listedTests, testFileOf, type Instance } from '../../../domain/instance.ts';
import { decidingFiles } from '../test-files.ts';
import { LOG_BYTES } from '../test-command.ts';
import { readReported, reportedCommand } from './reported.ts';
import type { Runner } from './runner.ts';

/** Runs the files of the listed tests by pytest, under a reporter of ours. */
export const pytest: Runner = {
  controls: true,
  appliesTestPatch: false,

  command(instance, { timeoutMs, control }) {
    const request = { files: testFiles(instance), listed: listedTests(instance), control };
    const reporter = `reporter.py ${instance.source.kind === 'image' ? 'installed' : 'src'}`;
    return reportedCommand(instance, reporter, request, { timeoutMs, outputBytes: LOG_BYTES });
  },

  read: readReported,
};

function testFiles(instance: Instance): readonly string[] {
  const listed = new Set(listedTests(instance).map(testFileOf));
  return [...decidingFiles(instance)].filter((file) => listed.has(file));
}
