import { Context } from '@temporalio/activity';
import type { Verdict } from '../domain/run-summary.ts';
import { fileSafe } from '../domain/ids.ts';
import type { SandboxActivities } from './contract-sandbox.ts';
import type { GradeDeps } from './grade.ts';
import { judge, judgeSandboxes } from './grading/judge.ts';
import { heartbeatWhile } from './heartbeat.ts';
import { readInstance } from './stored.ts';

/** Of a verdict's detail, which names tests and files: pages of verdicts land in histories. */
const DETAIL_CHARACTERS = 300;

/** The activity that judges an instance by the quality filter's rules. */
export function createJudgeActivities(deps: GradeDeps): Pick<SandboxActivities, 'judgeInstance'> {
  const { artifacts, datasets, official, sandboxes, limits } = deps;

  async function judgeInstance(input: Parameters<SandboxActivities['judgeInstance']>[0]): Promise<Verdict> {
    return await heartbeatWhile(async (signal) => {
      const { instanceId, ref } = input.instance;
      const instance = await readInstance(artifacts, ref);
      const sandbox = await sandboxes.choose(input.sandbox);
      const { workflowExecution, attempt } = Context.current().info;
      const run = workflowExecution?.workflowId ?? 'filter';
      const nameOf = (of: number): string => `${run}/judge/${instanceId}/attempt-${of}`;
      const left = attempt > 1 ? judgeSandboxes(nameOf(attempt - 1)) : [];
      await Promise.all(left.map((name) => sandbox.close(name)));
      const judgement = await judge({
        sandbox,
        datasets,
        artifacts,
        official,
        limits,
        instance,
        instanceRef: ref,
        ...(input.flakeChance === undefined ? {} : { flakeChance: input.flakeChance }),
        run: fileSafe(run),
        name: nameOf(attempt),
        signal,
      });
      const { verdict, reason, runs, flakeScore } = judgement;
      const detail = judgement.detail.slice(0, DETAIL_CHARACTERS).toWellFormed();
      return { instanceId, verdict, reason, detail, runs, flakeScore };
    });
  }

  return { judgeInstance };
}
