import { listedTests } from '../../../domain/instance.ts';
import { byListedIds } from '../listed-outcomes.ts';
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
