import { styleText } from 'node:util';
import { defineCommand } from 'citty';
import { inspectBubblewrap } from '../../adapters/sandbox/bubblewrap/inspect.ts';
import { dockerVersions } from '../../adapters/sandbox/docker/versions.ts';
import { diagnose } from '../../local/doctor.ts';
import { listing } from '../results-table.ts';
import { readEnvironment } from '../run-input.ts';
import { strictOptions } from '../strict-options.ts';
import { timeServer } from '../time-server.ts';

const MARKS = { ok: '✓', warn: '!', missing: '✗' } as const;
const COLOURS = { ok: 'green', warn: 'yellow', missing: 'red' } as const;

/** `steadfast doctor`: what was found, what is missing, and what to do about it. */
export const doctorCommand = defineCommand({
  meta: { name: 'doctor', description: 'Say what was found on this machine, and what is missing' },
  plugins: [strictOptions],
  async run() {
    const config = readEnvironment();
    const probes = {
      temporal: async () => await timeServer(config),
      docker: dockerVersions,
      bubblewrap: inspectBubblewrap,
    };
    const rows = await diagnose(config, probes);
    const lines = listing(rows.map((row) => [MARKS[row.state], row.part, row.found, row.hint])).split('\n');
    for (const [i, line] of lines.entries()) {
      const state = rows[i]?.state ?? 'ok';
      const mark = styleText(COLOURS[state], line.slice(0, 1), { stream: process.stdout });
      process.stdout.write(`${mark}${line.slice(1)}\n`);
    }
    if (rows.some((row) => row.state === 'missing')) process.exitCode = 1;
  },
});
