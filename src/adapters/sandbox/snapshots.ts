import { SteadfastError } from '../../domain/failures.ts';
import type { Sandbox } from '../../ports/sandbox.ts';
import { PLACES } from './guest.ts';
import { PYTHON, QUIET, attempting, hashOf, named } from './supervised.ts';
import type { Execute } from './supervised.ts';

/** A disk of usual size is read and written in a few seconds. */
const TIMEOUT_MS = 120_000;
/** Exit code of `guest/snapshot.py`. */
const TOO_LARGE = 3;

/** How a sandbox's state goes out and in, over one that runs tasks; `close` ends a sandbox that is half restored. */
export function throughArchives(
  execute: Execute,
  close: Sandbox['close'],
): Pick<Sandbox, 'snapshot' | 'restore'> {
  const attempt = attempting(execute);
  return {
    async snapshot(name, maxBytes) {
      const answer = await attempt(name, {
        ...QUIET,
        argv: [...PYTHON, `${PLACES.guest}/snapshot.py`, PLACES.scratch, String(maxBytes)],
        timeoutMs: TIMEOUT_MS,
        scratch: true,
        state: 'packed',
      });
      const { exitCode, fingerprint, archive } = answer;
      if (exitCode === 0 && archive !== undefined) {
        return archive.length <= maxBytes ? { fingerprint: named(name, fingerprint), archive } : null;
      }
      if (exitCode === TOO_LARGE) return null;
      throw new SteadfastError(
        'Sandbox.Failed',
        `The state of the sandbox of ${name} could not be read: ${whyOf(answer)}`,
      );
    },

    async restore(name, archive) {
      // Kept under a key like an agent's command: a restorer that comes late finds it done, and undoes nothing.
      const answer = await attempt(name, {
        ...QUIET,
        call: hashOf('restore'),
        argv: [...PYTHON, `${PLACES.guest}/restore.py`],
        stdin: archive,
        timeoutMs: TIMEOUT_MS,
      });
      if (answer.exitCode === 0) return;
      await close(name);
      const why = whyOf(answer);
      const type = why.includes('No space left on device') ? 'Sandbox.DiskFull' : 'Sandbox.Failed';
      throw new SteadfastError(type, `The sandbox of ${name} could not be put into a kept state: ${why}`);
    },
  };
}

function whyOf(answer: { readonly timedOut: boolean; readonly bytes: Buffer }): string {
  return answer.timedOut ? 'it took longer than two minutes' : answer.bytes.toString('utf8');
}
