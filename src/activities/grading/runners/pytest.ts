import { listedTests, testFileOf, type Instance } from '../../../domain/instance.ts';
import { decidingFiles } from '../test-files.ts';
import { LOG_BYTES, REPORT_BYTES, isolatedPython } from '../test-command.ts';
import { readReport } from '../test-report.ts';
import type { Runner } from './runner.ts';

/** Runs the files of the listed tests by pytest, under a reporter of ours. */
export const pytest: Runner = {
  controls: true,
  appliesTestPatch: false,

  command(instance, { timeoutMs, control }) {
    const request = { files: testFiles(instance), listed: listedTests(instance), control };
    return {
      key: 'tests',
      script: isolatedPython(
        instance,
        `/opt/steadfast/guest/reporter.py ${instance.source.kind === 'image' ? 'installed' : 'src'}`,
      ),
      session: 'plain',
      stdin: JSON.stringify(request),
      timeoutMs,
      reportBytes: REPORT_BYTES,
      outputBytes: LOG_BYTES,
    };
  },

  async read(_instance, result) {
    const report = readReport(result);
    return await Promise.resolve(report === null ? null : { ...report, official: null });
  },
};

function testFiles(instance: Instance): readonly string[] {
  const listed = new Set(listedTests(instance).map(testFileOf));
  return [...decidingFiles(instance)].filter((file) => listed.has(file));
}
