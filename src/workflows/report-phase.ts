import { getExternalWorkflowHandle, log } from '@temporalio/workflow';
import { phaseReportSignal, type PhaseReport } from './messages.ts';

/** Tells the run how far a phase is; a run that has gone is no reason to stop. */
export async function reportPhase(run: string | null, report: PhaseReport): Promise<void> {
  if (run === null) return;
  try {
    await getExternalWorkflowHandle(run).signal(phaseReportSignal, report);
  } catch (error) {
    log.warn('no run to report to', { run, error });
  }
}
