import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { loadConfig, type Config } from '../../src/config.ts';
import { readState } from '../../src/local/platform-state.ts';
import { PlatformRun } from '../../src/local/platform-run.ts';
import { requireFreePorts, wantedPorts } from '../../src/local/ports.ts';
import { platformSpecs } from '../../src/local/process-specs.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import { databaseFile } from '../../src/local/temporal-server.ts';
import { temporaryHome } from '../support/temporary-home.ts';

test('a killed Temporal server comes back with its data', { timeout: 60_000 }, async (t) => {
  const config = loadConfig({
    ...process.env,
    STEADFAST_HOME: temporaryHome(t),
    STEADFAST_TEMPORAL_PORT: '17233',
    STEADFAST_UI_PORT: '18233',
    TEMPORAL_ADDRESS: undefined,
  });
  await requireFreePorts(wantedPorts(config).slice(0, 2));
  mkdirSync(dirname(databaseFile(config)), { recursive: true });
  const run = new PlatformRun(config, null, { ...platformSpecs(config, null), policy: null, workers: [] });
  t.after(() => run.stop());
  const began = Date.now();
  await run.start();
  t.diagnostic(`ready after ${Date.now() - began} ms`);

  await startWorkflow(config, 'kept');
  const first = temporalPid(config);
  assert.ok(first);
  process.kill(first, 'SIGKILL');
  while (temporalPid(config) === first || readState(config.home)?.processes[0]?.phase !== 'ready')
    await sleep(50);
  assert.equal(await workflowStatus(config, 'kept'), 'WORKFLOW_EXECUTION_STATUS_RUNNING');

  await run.stop();
  assert.equal(readState(config.home), undefined);
  await requireFreePorts(wantedPorts(config).slice(0, 2));
});

function temporalPid(config: Config): number | undefined {
  return readState(config.home)?.processes[0]?.process?.pid;
}

async function startWorkflow(config: Config, id: string): Promise<void> {
  await temporal(config, 'start', '--type', 'nobody-runs-it', '--task-queue', 'nobody', '--workflow-id', id);
}

async function workflowStatus(config: Config, id: string): Promise<string> {
  const shown = JSON.parse(await temporal(config, 'describe', '--workflow-id', id, '--output', 'json')) as {
    workflowExecutionInfo?: { status?: string };
  };
  return shown.workflowExecutionInfo?.status ?? '';
}

async function temporal(config: Config, ...args: string[]): Promise<string> {
  const { temporal: command } = toolPaths(config.cache);
  const address = `127.0.0.1:${config.temporalPort}`;
  return (await promisify(execFile)(command, ['workflow', ...args, '--address', address])).stdout;
}
