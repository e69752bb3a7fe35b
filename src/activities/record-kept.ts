import { SteadfastError } from '../domain/failures.ts';
import type { FilterConfig } from '../domain/filter-summary.ts';
import type { Verdict } from '../domain/run-summary.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { DatasetRecords, RawRecord } from '../ports/datasets.ts';
import { instanceIdOf } from '../schemas/instance.ts';
import type { FilterActivities, InstanceRef } from './contract.ts';
import { readVerdictPages } from './filter-pages.ts';
import { isQuarantined } from './grading/health.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** The activity that writes what the filter of a data set kept, as data that a run takes. */
export function createRecordKeptActivity(deps: {
  readonly artifacts: Artifacts;
  readonly datasets: DatasetRecords;
}): Pick<FilterActivities, 'recordKept'> {
  const { artifacts, datasets } = deps;

  async function recordKept(
    input: Parameters<FilterActivities['recordKept']>[0],
  ): ReturnType<FilterActivities['recordKept']> {
    return await heartbeatWhile(async (signal) => {
      const { run, list, revision, checked } = input;
      const { data, selection, seed } = (await artifacts.getJson(input.config)) as FilterConfig;
      const kept = list === null ? [] : ((await artifacts.getJson(list.ref)) as readonly InstanceRef[]);
      const pages = await readVerdictPages(artifacts, run, checked);
      const verdicts = new Map(
        pages.flatMap((page) => page.verdicts).map((verdict) => [verdict.instanceId, verdict]),
      );
      const wanted = new Set(kept.map(({ instanceId }) => instanceId));
      // The commit that was judged, and not what the data set's newest has become meanwhile.
      const source = {
        data,
        seed,
        selection: { ...selection, revision: revision ?? selection.revision },
        requireNonZeroTests: false,
      };
      async function* lines(): AsyncGenerator<string> {
        for await (const record of datasets.readRecords(source, signal)) {
          const id = instanceIdOf(record);
          if (id === null || !wanted.delete(id)) continue;
          yield `${JSON.stringify(withVerdict(record, verdicts.get(id)))}\n`;
        }
        if (wanted.size > 0) {
          throw new SteadfastError(
            'Instance.Invalid',
            `${data} has changed while it was filtered: ${wanted.size} of its records are gone, e.g. ${[...wanted][0]}`,
          );
        }
      }
      const count = wanted.size;
      await artifacts.writeRunFile(run, 'kept.jsonl', lines());
      const refs = await Promise.all(kept.map(async ({ ref }) => await isQuarantined(artifacts, ref)));
      return { kept: count, quarantined: refs.filter(Boolean).length };
    });
  }

  return { recordKept };
}

function withVerdict(record: RawRecord, verdict: Verdict | undefined): RawRecord {
  const { runs = 0, flakeScore = 0 } = verdict ?? {};
  return { ...record, steadfast_verdict: { verdict: 'accept', runs, flake_score: flakeScore } };
}
