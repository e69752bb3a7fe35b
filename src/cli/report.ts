import { meanBaseline, meanResolved, meanReward } from '../domain/rollout-totals.ts';
import type { RunSummary } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Output } from './output.ts';
import { filterLine, percent, rewardText } from './progress-line.ts';
import { evaluationTable } from './results-table.ts';
import { retryLine, trustLines } from './status-lines.ts';
import { svgPlot, terminalPlot } from './reward-plot.ts';

/** One line for what a run amounted to. */
function summaryLine(summary: RunSummary): string {
  const { totals } = summary;
  const steps = summary.mode === 'train' ? `, ${summary.steps} steps` : '';
  return (
    `${summary.run}: ${totals.rollouts} rollouts${steps}, ` +
    `mean reward ${rewardText(meanReward(totals), meanBaseline(totals))}, ` +
    `resolved ${percent(meanResolved(totals))}, ${totals.failed} failed${summary.drained ? '; drained' : ''}`
  );
}

/** What was read, where that is known. */
function dataLine(data: RunSummary['data']): string | null {
  if (data?.records === undefined) return null;
  const commit = typeof data.revision === 'string' ? `, at commit ${data.revision}` : '';
  return `data: ${data.records} records${commit}`;
}

/** Prints how a run ended: filter counts, totals, evaluations, the plot of reward by step and where all of it lies. */
export async function reportRun(summary: RunSummary, artifacts: Artifacts, output: Output): Promise<void> {
  const filter = filterLine(summary.filter);
  const data = dataLine(summary.data);
  if (data !== null) output.say(data);
  if (summary.droppedWithoutTests > 0) {
    output.say(`left out: ${summary.droppedWithoutTests} instances without FAIL_TO_PASS or PASS_TO_PASS`);
  }
  if (filter !== null) output.say(filter);
  output.say(summaryLine(summary));
  const retries = retryLine(summary.totals, summary.retries);
  if (retries !== null) output.say(retries);
  if (summary.lastFailure !== undefined) output.say(`the last of them: ${summary.lastFailure}`);
  for (const line of trustLines(summary.totals)) output.say(line);
  if (summary.evaluations.length > 0) {
    output.say('');
    output.say(evaluationTable(summary.evaluations));
  }
  if (summary.rewardByStep.length > 0) {
    output.say('');
    output.say(terminalPlot(summary.rewardByStep));
    await artifacts.writeRunFile(summary.run, 'reward.svg', await svgPlot(summary.run, summary.rewardByStep));
    output.say('');
    output.say(`plot: ${artifacts.runPath(summary.run, 'reward.svg')}`);
  }
  output.say(`files of the run: ${artifacts.runPath(summary.run, '')}`);
}
