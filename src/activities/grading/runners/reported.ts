import type { Instance } from '../../../domain/instance.ts';
import type { SandboxCommand } from '../../../ports/sandbox.ts';
import { isolatedPython, REPORT_BYTES } from '../test-command.ts';
import { readReport } from '../test-report.ts';
import type { Runner } from './runner.ts';

/** The command of a reporter of ours, which takes its request from stdin and reports through the pipe. */
export function reportedCommand(
  instance: Instance,
  reporter: string,
  request: object,
  limits: { readonly timeoutMs: number; readonly outputBytes: number },
): SandboxCommand {
  return {
    key: 'tests',
    script: isolatedPython(instance, `/opt/steadfast/guest/${reporter}`),
    session: 'plain',
    stdin: JSON.stringify(request),
    reportBytes: REPORT_BYTES,
    ...limits,
  };
}

/** Reads what came through the pipe. */
export const readReported: Runner['read'] = async (_instance, result) => {
  const report = readReport(result);
  return await Promise.resolve(report === null ? null : { ...report, official: null });
};
