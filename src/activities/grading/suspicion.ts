import type { Abuse } from '../../domain/trajectory.ts';
import type { TestRun } from '../../schemas/test-run.ts';

/** Why a run of tests may say more of its host than of its patch: a want of resources, or a test runner that died. */
export type Suspicion = Abuse | 'died';

const DISK = /No space left on device|Disk quota exceeded|\[Errno (?:28|122)\]/;
const PROCESSES =
  /can't start new thread|Resource temporarily unavailable|\[Errno 11\]|[Cc]annot fork|pthread_create failed/;

/**
 * What speaks against a run; null when nothing does, as of one in which every listed test passed. The log is only ever
 * a reason to run the tests again.
 */
export function suspicionOf(run: TestRun): Suspicion | null {
  const outcomes = Object.values(run.outcomes);
  if (run.ended && outcomes.every((outcome) => outcome === 'passed')) return null;
  if (run.timedOut) return 'time';
  if (run.outOfMemory) return 'memory';
  if (DISK.test(run.log)) return 'disk';
  if (PROCESSES.test(run.log)) return 'processes';
  // Who wrote into the report did so on purpose; no host does.
  return run.ended || run.spoofed !== null ? null : 'died';
}
