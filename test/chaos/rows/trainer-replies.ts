import { rm } from 'node:fs/promises';
import { type Draws, drawsOf } from '../random.ts';
import { SURVIVED, type Outcome, type Row, type RowSession } from '../row.ts';
import { openChain, type AnsweredStep, type Chain } from '../trainer/chain.ts';
import { startRepliesProxy, type Treatment } from '../trainer/replies-proxy.ts';
import { startSupervised } from '../trainer/supervised.ts';
import { verdictOf } from '../trainer/verdict.ts';
import { shareWorld, STEPS, TAPES } from '../trainer/world.ts';

/** Answers of the trainer that never arrive, requests that arrive twice or late, answers that overtake each other. */
export const trainerReplies: Row = {
  name: 'trainer-replies',
  title: "trainer's reply lost, request doubled, reordered",
  tries: 200,
  short: 6,
  open: openSession,
};

type Fault = 'lose' | 'swallow' | 'stray' | 'double' | 'repeat' | 'hold';
const FAULTS: readonly [Fault, ...Fault[]] = ['lose', 'swallow', 'stray', 'double', 'repeat', 'hold'];

/** How long the client waits for an answer; long enough for the server's, which take milliseconds. */
const LIMITS = { openMs: [1500, 1500, 1500, 30_000], stepMs: 1500 };
/** Longer than a step, so that some of what is late meets a run that has gone on. */
const LATEST_MS = 1500;

async function openSession(): Promise<RowSession> {
  const { world, giveBack } = await shareWorld();
  const server = await startSupervised(world.zygote);
  const proxy = await startRepliesProxy(server.port);
  let tries = 0;

  async function attempt(seed: number): Promise<Outcome> {
    const draws = drawsOf(seed);
    // In turn, so that a handful of tries has met them all.
    const fault = FAULTS[seed % FAULTS.length] ?? 'lose';
    const [tape, hit] = [Math.floor(draws.between(0, TAPES)), 1 + Math.floor(draws.between(0, STEPS))];
    const batches = world.tapes[tape] ?? [];
    const run = `replies-${seed}-${++tries}`;
    proxy.treat(() => ({ kind: 'pass' }));
    const chain = await openChain(world, { run, port: proxy.port, limits: LIMITS });
    let firstAt: number | null = null;
    let recoverySeconds: number | null = null;
    const others: Promise<AnsweredStep>[] = [];
    for (const [index, batch] of batches.entries()) {
      if (index + 1 === hit) {
        proxy.treat(faultyFrom(draws, fault, () => (firstAt ??= performance.now())));
        // Answers overtake each other only where two attempts ask: one was thought dead, and is not.
        if (fault === 'hold') others.push(chain.again(hit, batch));
      }
      await chain.step(batch);
      if (index + 1 === hit && firstAt !== null) recoverySeconds = (performance.now() - firstAt) / 1000;
    }
    // A step that newer ones stand on is asked for once more, by a request of its own.
    others.push(chain.again(hit, batches[hit - 1] ?? ''));
    const answers = await Promise.all(others);
    await proxy.settled();
    const verdict = await verdictOf(chain.folder, world.referenceOf(tape), chain.answered);
    const doubled = verdict.doubled + answers.filter((answer) => !sameAs(chain, answer)).length;
    if (verdict.broken === '') await rm(world.artifacts.runPath(run, '.'), { recursive: true });
    return { ...SURVIVED, ...verdict, doubled, recoverySeconds };
  }

  return {
    attempt,
    async close() {
      await proxy.close();
      await server.close();
      giveBack();
    },
  };
}

/** The step that an answer names is the one that was answered first. */
function sameAs(chain: Chain, answer: AnsweredStep): boolean {
  const first = chain.answered[answer.step];
  return first?.manifest === answer.manifest && first.timings === answer.timings;
}

/** Lost answers are two or three in a row, then the way is clear; doubled and late ones are met by every request. */
function faultyFrom(
  draws: Draws,
  fault: Fault,
  onLoss: () => void,
): (method: string, path: string) => Treatment {
  const lateMs = (): number => draws.between(0, LATEST_MS / 2);
  let left = 2 + Math.floor(draws.next() * 2);
  return () => {
    if (fault === 'double') return { kind: 'double' };
    if (fault === 'repeat') return { kind: 'repeat', lateMs: draws.between(0, LATEST_MS) };
    if (fault === 'hold') return { kind: 'hold', lateMs: lateMs() };
    // A request is let through now and then, so that a loss meets the answer to a step's end as well as to its start.
    if (left === 0 || draws.next() < 0.3) return { kind: 'pass' };
    left--;
    onLoss();
    return fault === 'stray' ? { kind: 'stray', lateMs: lateMs() } : { kind: fault };
  };
}
