import { join } from 'node:path';
import { defineCommand } from 'citty';
import { createFolderArtifacts } from '../../adapters/artifacts/folder.ts';
import { platformStatus } from '../../local/platform.ts';
import { readConfigFile, withAbsolutePaths } from '../config-file.ts';
import { refuseWithoutPolicyServer } from '../check-policy-server.ts';
import { refuseWithoutSandbox } from '../check-sandbox.ts';
import { interruptSignal } from '../detach.ts';
import { listOpenRuns } from '../find-run.ts';
import { comeBackTo, followToEnd } from '../follow-to-end.ts';
import { createOutput } from '../output.ts';
import { PACKAGE_ROOT, SHIPPED } from '../package-files.ts';
import { ensureReady, waitingLine } from '../platform.ts';
import { checkBeforeStart, readEnvironment } from '../run-input.ts';
import { inputOfOptions, runOptions } from '../run-options.ts';
import { newRunName, startRun } from '../start-run.ts';
import { strictOptions } from '../strict-options.ts';
import { webAddress, withClient } from '../temporal-client.ts';

/** Runs of the main job are told from others by this. */
const PREFIX = 'main';

/** `steadfast start`, what `npm start` runs: trains the small policy on the examples, or attaches to that. */
export const startCommand = defineCommand({
  meta: {
    name: 'start',
    description: 'Train the small policy on the example instances, or attach to that run when it goes on',
  },
  args: Object.fromEntries(Object.entries(runOptions()).filter(([name]) => name === 'sandbox')),
  plugins: [strictOptions],
  async run({ args: given }) {
    const config = readEnvironment();
    const output = createOutput({ json: false });
    const artifacts = createFolderArtifacts(config.store);
    const shipped = await readConfigFile(join(PACKAGE_ROOT, SHIPPED.runConfig));
    const input = await withAbsolutePaths({ ...shipped, ...inputOfOptions(given) }, PACKAGE_ROOT);
    await checkBeforeStart(input, PREFIX);
    // Before a model is loaded for nothing; where the platform is up, a run may go on that needs no new sandbox.
    const wasUp = platformStatus(config) !== undefined;
    if (!wasUp) await refuseWithoutSandbox(config, input['sandbox']);
    await ensureReady(config, output.say, String(input['model']));
    await refuseWithoutPolicyServer(config, artifacts, input);
    await withClient(config, async (client) => {
      const open = (await listOpenRuns(client)).find((info) => info.workflowId.startsWith(`${PREFIX}-`));
      const run = open?.workflowId ?? newRunName(PREFIX);
      const signal = interruptSignal();
      if (open === undefined) {
        if (wasUp) await refuseWithoutSandbox(config, input['sandbox']);
        await startRun(client, artifacts, run, input);
      }
      const web = webAddress(config, run);
      output.say(`${open === undefined ? 'started' : 'attached to'} run ${run}`);
      if (open !== undefined && given['sandbox'] !== undefined) {
        output.say(
          '--sandbox has no effect on a run that goes on: it keeps the one that it was started with',
        );
      }
      if (web !== null) output.say(`Temporal Web UI: ${web}`);
      const waiting = waitingLine(config);
      const followed = { client, workflowId: run, run, artifacts, output, json: false, signal, waiting };
      await followToEnd(followed, ['npm start', ...comeBackTo(run)]);
    });
  },
});
