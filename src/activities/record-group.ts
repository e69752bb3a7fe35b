import type { RolloutResult } from '../domain/trajectory.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { RecordActivities } from './contract.ts';
import { groupRecordOf, hasLesson } from './group-record.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { groupPath } from './run-files.ts';
import { readConfig } from './stored.ts';

/** The activity that stores a group's record: members, rewards, advantages. */
export function createGroupRecordActivity(deps: {
  readonly artifacts: Artifacts;
}): Pick<RecordActivities, 'recordGroup'> {
  const { artifacts } = deps;

  async function recordGroup(input: {
    readonly run: string;
    readonly group: number;
    readonly results: readonly RolloutResult[];
    readonly config: string;
    readonly purpose: string;
    readonly givenUp?: boolean;
    readonly epoch?: number;
  }): Promise<{ record: string; teaches: boolean }> {
    return await heartbeatWhile(async () => {
      const { training, seed } = await readConfig(artifacts, input.config);
      const record = groupRecordOf(input, input.results, training.advantage, seed);
      await artifacts.writeRunFile(input.run, groupPath(input.group), JSON.stringify(record));
      return { record: await artifacts.putJson(record), teaches: hasLesson(record) };
    });
  }

  return { recordGroup };
}
