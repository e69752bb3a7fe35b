import type { Verdict } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordActivities } from './contract.ts';
import { readVerdictPages, verdictPagePath } from './filter-pages.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** The activity that writes what the quality filter said, as filter.json. */
export function createFilterRecordActivity(deps: {
  readonly artifacts: Artifacts;
}): Pick<RecordActivities, 'recordFilter'> {
  const { artifacts } = deps;

  async function recordFilter(input: {
    readonly run: string;
    readonly from: number;
    readonly verdicts: readonly Verdict[];
  }): Promise<void> {
    await heartbeatWhile(async () => {
      const { run, from } = input;
      // The first page of a new filter ends the pages of an earlier one under the same name.
      const earlier = from === 0 ? [] : await readVerdictPages(artifacts, run, from);
      const pages = [...earlier, { from, verdicts: input.verdicts }];
      await artifacts.writeRunFile(run, verdictPagePath(from), JSON.stringify(pages.at(-1)));
      const verdicts = pages.flatMap((page) => page.verdicts);
      const reasons: Record<string, number> = {};
      for (const { reason } of verdicts) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
      const kept = verdicts.filter(({ verdict }) => verdict === 'accept').length;
      const report = { checked: verdicts.length, kept, reasons, verdicts };
      await artifacts.writeRunFile(run, 'filter.json', `${JSON.stringify(report, null, 1)}\n`);
    });
  }

  return { recordFilter };
}
