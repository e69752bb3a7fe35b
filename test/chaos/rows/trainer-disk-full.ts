import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawsOf } from '../random.ts';
import { SURVIVED, type Outcome, type Row, type RowSession } from '../row.ts';
import { openChain, stepName } from '../trainer/chain.ts';
import { startSupervised } from '../trainer/supervised.ts';
import { verdictOf } from '../trainer/verdict.ts';
import { shareWorld, STEPS, TAPES } from '../trainer/world.ts';

/** The file system of the checkpoints is full when a step is written, and has room again later. */
export const trainerDiskFull: Row = {
  name: 'trainer-disk-full',
  title: 'disk full for a checkpoint',
  tries: 20,
  short: 2,
  open: openSession,
};

/** Room for the checkpoints of one try. */
const DISK_BYTES = 4 * 2 ** 20;
/** Less than a checkpoint of the tiny model, so that its writing ends somewhere in between, wherever a seed says. */
const LEFT_BYTES = 128 * 2 ** 10;

async function openSession(): Promise<RowSession> {
  const { world, giveBack } = await shareWorld();
  const server = await startSupervised(world.zygote);
  const disk = await mkdtemp(join(tmpdir(), 'steadfast-small-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'steadfast-small-disk', disk]);
  const artifacts = { ...world.artifacts, runPath: (run: string, path: string) => join(disk, run, path) };
  const filler = join(disk, 'filler');
  let tries = 0;

  async function attempt(seed: number): Promise<Outcome> {
    const draws = drawsOf(seed);
    const [tape, hit] = [Math.floor(draws.between(0, TAPES)), 1 + Math.floor(draws.between(0, STEPS))];
    const left = Math.floor(draws.between(0, LEFT_BYTES));
    const run = `disk-${seed}-${++tries}`;
    await mkdir(join(disk, run), { recursive: true });
    const chain = await openChain({ ...world, artifacts }, { run, port: server.port });
    const wrong: string[] = [];
    let roomAt: number | null = null;
    let recoverySeconds: number | null = null;
    for (const [index, batch] of (world.tapes[tape] ?? []).entries()) {
      const step = index + 1;
      if (step === hit) await fill(left);
      await chain.step(batch, async (failure) => {
        const what = `${failure.type}: ${failure.message}`;
        if (failure.type !== 'Trainer.Storage') wrong.push(`the failure is no one of storage: ${what}`);
        const found = await readdir(chain.folder);
        if (found.some((name) => name === stepName(step) || name.endsWith('.draft'))) {
          wrong.push(`a full disk left ${found.join(', ')}`);
        }
        await rm(filler);
        roomAt = performance.now();
      });
      if (step === hit && roomAt !== null) recoverySeconds = (performance.now() - roomAt) / 1000;
    }
    if (roomAt === null) wrong.push('the disk was never full');
    const verdict = await verdictOf(chain.folder, world.referenceOf(tape), chain.answered);
    const broken = [verdict.broken, ...wrong].filter((text) => text !== '').join('; ');
    await rm(filler, { force: true });
    await rm(join(disk, run), { recursive: true });
    return { ...SURVIVED, ...verdict, broken, recoverySeconds };
  }

  /** Takes all of the disk but `left` bytes. */
  async function fill(left: number): Promise<void> {
    const { bavail, bsize } = statfsSync(disk);
    await writeFile(filler, Buffer.alloc(Math.max(0, bavail * bsize - left)));
  }

  return {
    attempt,
    async close() {
      await server.close();
      execFileSync('umount', ['--lazy', disk]);
      await rmdir(disk);
      giveBack();
    },
  };
}
