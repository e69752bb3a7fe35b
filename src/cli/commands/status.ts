import { defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { fileSafe } from '../../domain/ids.ts';
import type { RunSummary } from '../../domain/run-summary.ts';
import { messageOf } from '../errors.ts';
import { findRun } from '../find-run.ts';
import { askProgress } from '../follow.ts';
import { createOutput } from '../output.ts';
import { duration, filterLine, progressLine } from '../progress-line.ts';
import { reportRun } from '../report.ts';
import { evaluationTable } from '../results-table.ts';
import { RUN_ARGUMENT } from '../run-name.ts';
import { readEnvironment } from '../run-input.ts';
import { curriculumLine, holdLines, retryLine, trustLines } from '../status-lines.ts';
import { statusWord } from '../status-word.ts';
import { strictOptions } from '../strict-options.ts';
import { webAddress, withClient } from '../temporal-client.ts';

/** `steadfast status RUN`: how far a run is, or how it ended. */
export const statusCommand = defineCommand({
  meta: { name: 'status', description: 'Say how far a run is, or how it ended' },
  args: { run: RUN_ARGUMENT },
  plugins: [strictOptions],
  async run({ args }) {
    const config = readEnvironment();
    const artifacts = createFolderArtifacts(config.store);
    const output = createOutput({ json: false });
    await withClient(config, async (client) => {
      const info = await findRun(client, args.run);
      const { workflowId } = info;
      const took = ((info.closeTime ?? new Date()).getTime() - info.startTime.getTime()) / 1000;
      output.say(`${fileSafe(workflowId)}: ${statusWord(info.status.name)}, ${duration(took)}`);
      const web = webAddress(config, workflowId);
      if (web !== null) output.say(web);
      if (info.status.name === 'RUNNING') {
        const progress = await askProgress(client, workflowId);
        if (progress === null) {
          output.say('no worker answers; steadfast up starts the embedded ones');
          return;
        }
        output.say(progressLine(progress, null));
        for (const line of holdLines({ ...progress, run: fileSafe(workflowId) })) output.say(line);
        const retries = retryLine(progress.totals, progress.retries);
        if (retries !== null) output.say(retries);
        for (const line of trustLines(progress.totals)) output.say(line);
        const chosen = curriculumLine(progress.curriculum);
        if (chosen !== null) output.say(chosen);
        const filter = filterLine(progress.filter);
        if (filter !== null) output.say(filter);
        if (progress.evaluations.length > 0) output.say(evaluationTable(progress.evaluations));
        return;
      }
      try {
        const summary: RunSummary = await client.workflow.getHandle(workflowId).result();
        await reportRun(summary, artifacts, output);
      } catch (error) {
        output.say(messageOf(error));
      }
    });
  },
});
