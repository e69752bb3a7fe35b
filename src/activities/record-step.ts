import type { RunSummary } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordActivities } from './contract.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { deriveLines, stepPath } from './run-files.ts';

/** The activities that write a run's readable files: after each step, and at its end. */
export function createStepRecordActivities(deps: {
  readonly artifacts: Artifacts;
}): Pick<RecordActivities, 'recordStep' | 'recordSummary'> {
  const { artifacts } = deps;

  async function recordStep(input: {
    readonly run: string;
    readonly step: number;
    readonly policyVersion: number;
    readonly metrics: Readonly<Record<string, number>>;
  }): Promise<void> {
    await heartbeatWhile(async () => {
      const { run, step, policyVersion, metrics } = input;
      const line = JSON.stringify({ step, policyVersion, ...metrics });
      await artifacts.writeRunFile(run, stepPath(step), line);
      await deriveLines(artifacts, run);
    });
  }

  async function recordSummary(input: { readonly run: string; readonly summary: RunSummary }): Promise<void> {
    await heartbeatWhile(async () => {
      await deriveLines(artifacts, input.run);
      await artifacts.writeRunFile(input.run, 'summary.json', `${JSON.stringify(input.summary, null, 1)}\n`);
    });
  }

  return { recordStep, recordSummary };
}
