import { Context } from '@temporalio/activity';
import { hasVariance } from '../domain/advantage.ts';
import { chooseInstances, type Attempt } from '../domain/curriculum.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { InstanceRef, RecordActivities } from './contract.ts';
import { withoutQuarantined } from './grading/health.ts';
import { countedRewards, type GroupRecord } from './group-record.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readConfig } from './stored.ts';

/** The activity that chooses the instances of an epoch by what the run's groups came to before. */
export function createCurriculumActivity(deps: {
  readonly artifacts: Artifacts;
}): Pick<RecordActivities, 'chooseInstances'> {
  const { artifacts } = deps;

  return {
    async chooseInstances({ run, config, list, count, epoch }) {
      return await heartbeatWhile(async (signal) => {
        const { curriculum, seed, batchSize } = await readConfig(artifacts, config);
        if (!curriculum) throw new Error(`the run ${run} has no curriculum`);
        const all = ((await artifacts.getJson(list)) as readonly InstanceRef[]).slice(0, count);
        const refs = await withoutQuarantined(artifacts, all);
        const ids = refs.map(({ instanceId }) => instanceId);
        const attempts = await readAttempts(artifacts, run, epoch, signal);
        const { positions, ...facts } = chooseInstances(
          ids,
          attempts,
          { epoch, seed, atLeast: batchSize },
          curriculum,
        );
        const chosen = positions.flatMap((position) => refs[position] ?? []);
        return { ref: await artifacts.putJson(chosen), count: chosen.length, curriculum: facts };
      });
    },
  };
}

/** What the groups of a run's earlier epochs came to: a retry, however late, reads the same. */
async function readAttempts(
  artifacts: Artifacts,
  run: string,
  epoch: number,
  signal: AbortSignal,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  for (const name of await artifacts.listRunFiles(run, 'groups')) {
    signal.throwIfAborted();
    const record = parsed((await artifacts.readRunFile(run, `groups/${name}`)) ?? '');
    if (record === null)
      Context.current().log.warn('a group counts as not made: its record is damaged', { name });
    else if (record.purpose === 'train' && record.epoch !== undefined && record.epoch < epoch)
      attempts.push(attemptOf(record, record.epoch));
  }
  return attempts;
}

function attemptOf(record: GroupRecord, epoch: number): Attempt {
  const scored = record.members.filter(({ status }) => status === 'scored');
  return {
    instanceId: record.instanceId,
    epoch,
    scored: scored.length,
    resolved: scored.filter(({ resolved }) => resolved).length,
    whole: record.givenUp !== true,
    varied: hasVariance(countedRewards(record)),
  };
}

function parsed(text: string): GroupRecord | null {
  try {
    return JSON.parse(text) as GroupRecord;
  } catch {
    return null;
  }
}
