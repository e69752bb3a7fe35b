import type {
  VerifyRecordActivities,
  VerifySandboxActivities,
} from '../../src/activities/contract-verify.ts';
import type { Verified, VerifyEntry, VerifyPlan } from '../../src/domain/verification.ts';
import { StubRun } from './stub-run.ts';

type VerifyActivities = VerifyRecordActivities & VerifySandboxActivities;

/** The activities of a verification of `count` trajectories, and what they were asked. */
export class VerifyStubs {
  readonly entries: readonly VerifyEntry[];
  readonly pages: { readonly from: number; readonly verified: readonly Verified[] }[] = [];
  readonly graded: string[] = [];
  running = 0;
  peak = 0;
  readonly answer: (entry: VerifyEntry) => Verified;

  constructor(count: number, answer: (entry: VerifyEntry) => Verified = agreed) {
    this.answer = answer;
    this.entries = Array.from({ length: count }, (_, i) => ({
      path: `trajectories/${i}.json`,
      trajectory: null,
    }));
  }

  activities(overrides: Partial<VerifyActivities> = {}) {
    const own: VerifyActivities = {
      planVerification: async (): Promise<VerifyPlan> => ({
        run: 'r',
        config: 'c',
        list: 'l',
        count: this.entries.length,
        share: 1,
        seed: 0,
        sandbox: 'auto',
        concurrency: 3,
      }),
      readVerification: async ({ from, count }) => this.entries.slice(from, from + count),
      recordVerification: async ({ from, verified }) => void this.pages.push({ from, verified }),
      verifyTrajectory: async ({ entry }) => {
        this.peak = Math.max(this.peak, ++this.running);
        await new Promise((done) => setTimeout(done, 20));
        this.running--;
        this.graded.push(entry.path);
        return this.answer(entry);
      },
    };
    return { ...new StubRun().activities(), ...own, ...overrides };
  }
}

/** A grading that came to the same again. */
export function agreed({ path }: VerifyEntry): Verified {
  const earned = { reward: 1, resolved: true };
  return { outcome: 'agrees', path, instanceId: 'i', stored: earned, again: earned, detail: '' };
}
