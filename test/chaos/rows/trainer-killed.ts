import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { drawsOf } from '../random.ts';
import { SURVIVED, type Outcome, type Row, type RowSession } from '../row.ts';
import { openChain, timingsOf } from '../trainer/chain.ts';
import { startSupervised } from '../trainer/supervised.ts';
import { verdictOf } from '../trainer/verdict.ts';
import { shareWorld, STEPS, TAPES } from '../trainer/world.ts';

/** Each moment of a step at which the policy server is killed, by its failpoint. */
const MOMENTS = {
  received: 'with a batch received',
  backward: 'in the middle of the backward passes',
  optimised: 'after the optimiser, before the checkpoint',
  writing: 'while it writes the checkpoint',
  publishing: 'while it publishes the checkpoint',
  reply: 'before it says that the step is made',
};

/** The trainer is killed at a named moment of a step that the seed chooses, and started again. */
export const trainerKilledRows: readonly Row[] = Object.entries(MOMENTS).map(([moment, when]) => ({
  name: `trainer-${moment}`,
  title: `trainer killed ${when}`,
  tries: 50,
  short: 2,
  open: async () => await openSession(`step.${moment}`),
}));

async function openSession(failpoint: string): Promise<RowSession> {
  const { world, giveBack } = await shareWorld();
  const server = await startSupervised(world.zygote);
  let tries = 0;

  async function attempt(seed: number): Promise<Outcome> {
    const draws = drawsOf(seed);
    const [tape, hit] = [Math.floor(draws.between(0, TAPES)), 1 + Math.floor(draws.between(0, STEPS))];
    const run = `${failpoint}-${seed}-${++tries}`;
    const chain = await openChain(world, { run, port: server.port });
    let recoverySeconds: number | null = null;
    let madeBefore: string | null = null;
    for (const [index, batch] of (world.tapes[tape] ?? []).entries()) {
      if (index + 1 !== hit) {
        await chain.step(batch);
        continue;
      }
      const dead = server.current().ended.then(async () => {
        return { at: performance.now(), timings: await timingsOf(chain.folder, hit) };
      });
      await server.arm(failpoint, 'kill');
      await chain.step(batch);
      const death = await Promise.race([dead, sleep(1000, null)]);
      if (death === null) return { ...SURVIVED, broken: `${failpoint} was not reached` };
      const { at, timings } = death;
      madeBefore = timings;
      recoverySeconds = (performance.now() - at) / 1000;
    }
    const verdict = await verdictOf(chain.folder, world.referenceOf(tape), chain.answered);
    const again = madeBefore !== null && madeBefore !== chain.answered[hit]?.timings;
    if (verdict.broken === '') await rm(world.artifacts.runPath(run, '.'), { recursive: true });
    return { ...SURVIVED, ...verdict, doubled: verdict.doubled + (again ? 1 : 0), recoverySeconds };
  }

  return {
    attempt,
    async close() {
      await server.close();
      giveBack();
    },
  };
}
