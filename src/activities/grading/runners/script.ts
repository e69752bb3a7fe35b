import { listedTests } from '../../../domain/instance.ts';
import type { TestOutcome, TestOutcomes } from '../../../domain/reward.ts';
import { OFFICIAL_LOG_BYTES, sandboxScript, scriptOutput } from '../official-script.ts';
import type { Runner } from './runner.ts';

/**
 * Runs the data set's own script and reads its log by the official parser, by stricter rules than the official ones: no
 * result of a log that was flooded, or in which markers or results are imitated, and a missing or skipped test is no pass.
 * Code under test writes into that log like the runner does, which no reading of it can exclude.
 */
export const script: Runner = {
  controls: false,
  appliesTestPatch: true,

  async command(instance, { timeoutMs }, official) {
    const how = await official.script(instance);
    return {
      key: 'tests',
      script: sandboxScript(instance, how.script),
      session: 'plain',
      timeoutMs,
      outputBytes: OFFICIAL_LOG_BYTES,
    };
  },

  async read(instance, result, official) {
    const log = scriptOutput(result.output);
    if (log === null) return null;
    const run = { log, ended: result.timedOut ? 'timed_out' : 'ran' } as const;
    const { outcomes, ended, imitations, verdict } = await official.read(instance, run);
    const flooded = result.droppedBytes > 0;
    const spoofed = flooded ? 'the output was flooded' : imitations.join('; ').slice(0, 200);
    return {
      outcomes: flooded ? {} : byListedIds(listedTests(instance), outcomes),
      ended: ended && !flooded,
      spoofed: spoofed === '' ? null : spoofed,
      official: verdict,
    };
  },
};

/**
 * Outcomes by the listed ids. Some of SWE-bench's are cut off within their parameters, and name what begins with them:
 * all of it must pass. Each test of the log counts for one listed id, the exact one or else the longest.
 */
export function byListedIds(listed: readonly string[], found: TestOutcomes): TestOutcomes {
  const outcomes = new Map<string, TestOutcome>();
  const cut = listed
    .filter((id) => isCut(id) && !Object.hasOwn(found, id))
    .toSorted((a, b) => b.length - a.length);
  const exact = new Set(listed);
  for (const [id, outcome] of Object.entries(found)) {
    const named = exact.has(id) ? id : cut.find((prefix) => id.startsWith(prefix));
    if (named !== undefined) outcomes.set(named, worse(outcomes.get(named), outcome));
  }
  return Object.fromEntries(outcomes);
}

function isCut(id: string): boolean {
  return id.split('[').length > id.split(']').length;
}

const ORDER: readonly TestOutcome[] = ['passed', 'skipped', 'missing', 'failed'];

function worse(a: TestOutcome | undefined, b: TestOutcome): TestOutcome {
  return a !== undefined && ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}
