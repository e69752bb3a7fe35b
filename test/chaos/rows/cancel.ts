import { COUNTED } from '../check-records.ts';
import { workflowsOf } from '../histories.ts';
import { type RunRow, type Scene, runRow } from '../session.ts';

type Ending = 'update' | 'cancel' | 'terminate' | 'terminate a rollout';

/** Whoever ends a run, however: every rollout has its record, and nothing is left. */
export const cancelRows: readonly RunRow[] = [
  endingRow('cancel', 'a run cancelled, by update or by client', ['update', 'cancel']),
  endingRow('terminate', '`temporal workflow terminate` of a run or of one of its rollouts', [
    'terminate',
    'terminate a rollout',
  ]),
];

function endingRow(name: string, title: string, endings: readonly [Ending, ...Ending[]]): RunRow {
  return runRow({
    name,
    title,
    tries: 50,
    short: 1,
    // Most of a try is the wait for the reapers.
    parallel: 4,
    expected: { ...COUNTED, scored: null, mayFail: true },
    closes: ['COMPLETED', 'CANCELLED', 'TERMINATED'],
    async inject(scene) {
      const ending = scene.draws.pick(endings);
      await scene.at(scene.draws.between(0.05, 0.9));
      await end(scene, ending);
      return null;
    },
  });
}

async function end({ world, run, draws }: Scene, ending: Ending): Promise<void> {
  const handle = world.client.workflow.getHandle(run.run);
  if ((await handle.describe()).status.name !== 'RUNNING') return;
  if (ending === 'update') await handle.executeUpdate('cancel', { args: [] });
  else if (ending === 'cancel') await handle.cancel();
  else if (ending === 'terminate') await handle.terminate('chaos');
  else {
    const rollouts = (await workflowsOf(world, run.run)).filter(
      ({ type, status }) => type === 'rollout' && status === 'RUNNING',
    );
    const one = rollouts[Math.floor(draws.next() * rollouts.length)];
    if (one !== undefined) await world.client.workflow.getHandle(one.workflowId).terminate('chaos');
  }
}
