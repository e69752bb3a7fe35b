import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { linesOf } from '../../support/platform-world.ts';
import { startPostgresTemporal } from '../../support/postgres-temporal.ts';
import { startScriptedEndpoint } from '../../support/scripted-endpoint.ts';
import { readScriptedInstances } from '../../support/scripted-policy.ts';
import { spawnCli } from '../../support/spawn-cli.ts';

const DATA = fileURLToPath(new URL('../../../examples/train.jsonl', import.meta.url));

test(
  'workers by role against a server on PostgreSQL give the same result as the embedded platform',
  {
    timeout: 300_000,
  },
  async (t) => {
    const temporal = await startPostgresTemporal();
    t.after(() => temporal.stop());
    const home = mkdtempSync(join(tmpdir(), 'steadfast-roles-'));
    t.after(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    const endpoint = await startScriptedEndpoint({ script: 'gold', instances: readScriptedInstances(DATA) });
    t.after(() => endpoint.close());
    const environment = {
      ...(process.env as Record<string, string>),
      TEMPORAL_ADDRESS: temporal.address,
      STEADFAST_HOME: home,
      OPENAI_API_KEY: 'default',
    };
    for (const role of ['orchestrator', 'sandbox', 'model', 'trainer']) {
      const worker = spawnCli(['worker', '--roles', role], environment, home);
      t.after(async () => {
        worker.end();
        await worker.ended;
      });
    }

    const model = ['--model', 'scripted', '--api-base', endpoint.url];
    const counts = ['--num-instances', '3', '--rollouts-per-instance', '2', '--run', 'by-role'];
    const ended = await spawnCli(
      ['run', '--mode', 'inference', '--data', DATA, ...model, ...counts, '--json'],
      environment,
      home,
    ).ended;

    const rewards = linesOf(ended).flatMap((line) => (line.type === 'trajectory' ? [line.reward] : []));
    assert.deepEqual(
      rewards,
      Array.from({ length: 6 }, () => 1),
    );
    const query = "select workflow_id from current_executions where workflow_id = 'by-role'";
    assert.deepEqual(await temporal.postgres.query('temporal', query), ['by-role']);
  },
);
