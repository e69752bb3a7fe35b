import {
  executeChild,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { FilterProgress, FilterSummary } from '../domain/filter-summary.ts';
import { loadInstances, recordKept, records } from './activities.ts';
import { endingOf } from './failures.ts';
import { filter } from './filter.ts';
import { filterProgressQuery, phaseReportSignal } from './messages.ts';
import { CHILD } from './run-parts.ts';
import { said } from './said.ts';

/**
 * The quality filter over a data set, from what a person wrote to the kept set. `input` is the same JSON that
 * `steadfast filter` sends; the first activity checks it and ends the filter with `Config.Invalid`, naming every field, when
 * it is wrong.
 */
export async function filterData(input: unknown): Promise<FilterSummary> {
  const { workflowId } = workflowInfo();
  let progress: FilterProgress = {
    run: workflowId,
    phase: 'loading',
    total: 0,
    checked: 0,
    kept: 0,
    reasons: {},
  };
  const enter = (change: Partial<FilterProgress>): void => {
    progress = { ...progress, ...change };
    const { phase, checked, total, kept } = progress;
    setCurrentDetails(`${phase}: ${checked} of ${total} judged, ${kept} kept`);
  };
  setHandler(filterProgressQuery, () => progress);
  setHandler(phaseReportSignal, (report) => {
    if (report.phase === 'filter') enter(report.filter);
  });
  try {
    const resolved = await records.resolveFilter.executeWithOptions({ summary: 'read the input' }, [
      { input, workflowId },
    ]);
    const { config, filter: of } = resolved;
    const { run, data, seed, sandbox, concurrency, heartbeatSeconds, flakeChance } = of;
    const loaded = await loadInstances.executeWithOptions(said(of, `load ${data}`), [
      { data, config, requireNonZeroTests: false, shuffleSeed: null },
    ]);
    enter({ run, phase: 'judging', total: loaded.list.count });
    const { list, checked, reasons } = await executeChild(filter, {
      ...CHILD,
      workflowId: `${workflowId}/judge`,
      args: [
        {
          context: { run, config, seed, sandbox, heartbeatSeconds, maxSteps: 0, searchable: false },
          list: loaded.list,
          keep: null,
          concurrency,
          reportTo: workflowId,
          mayKeepNone: true,
          flakeChance,
        },
      ],
      staticSummary: `judges ${loaded.list.count} instances`,
    });
    enter({ phase: 'recording', checked, kept: list.count, reasons });
    const recorded = await recordKept.executeWithOptions(said(of, `keep ${list.count}`), [
      { run, config, revision: loaded.revision ?? null, checked, list: list.count === 0 ? null : list },
    ]);
    enter({ phase: 'done' });
    return { run, data, checked, kept: list.count, reasons, quarantined: recorded.quarantined };
  } catch (error) {
    throw isCancellation(error) ? error : endingOf(error);
  }
}
