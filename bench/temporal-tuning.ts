import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, DefaultLogger, Runtime } from '@temporalio/worker';
import { loadConfig } from '../src/config.ts';
import { toolPaths } from '../src/local/setup/paths.mjs';
import {
  databaseFile,
  serverSettings,
  temporalArguments,
  temporalEnvironment,
  type ServerSetting,
} from '../src/local/temporal-server.ts';

// What the settings of src/local/temporal-server.ts are worth: `node bench/temporal-tuning.ts`. Both servers run after
// each other, on file databases of their own, with one worker and no-op activities.
const calls = 50;
const together = 16;
Runtime.install({ logger: new DefaultLogger('ERROR') });

console.log('server     one after another   16 at once');
for (const [name, settings, environment] of [
  ['untuned', [], process.env],
  ['tuned', serverSettings, temporalEnvironment(process.env)],
] as const) {
  const { sequentialMs, perSecond } = await measure(settings, environment);
  console.log(
    `${name.padEnd(10)} ${sequentialMs.toFixed(1).padStart(10)} ms each ${perSecond.toFixed(0).padStart(10)}/s`,
  );
}

async function measure(
  settings: readonly ServerSetting[],
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<{ sequentialMs: number; perSecond: number }> {
  const home = mkdtempSync(join(tmpdir(), 'steadfast-bench-'));
  const config = { ...loadConfig(), home, temporalPort: 27233, uiPort: 28233 };
  mkdirSync(dirname(databaseFile(config)), { recursive: true });
  const server = spawn(toolPaths(config.cache).temporal, temporalArguments(config, settings), {
    stdio: 'ignore',
    env: environment,
  });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  try {
    return await withWorker('127.0.0.1:27233', async (client) => {
      const run = (id: string, count: number) =>
        client.workflow.execute('chain', { workflowId: id, taskQueue: 'bench', args: [count] });
      await run('warm-up', 5);
      const sequentialMs = await timed(() => run('one', calls));
      const allMs = await timed(() =>
        Promise.all(Array.from({ length: together }, (_, n) => run(`many-${n}`, 10))),
      );
      return { sequentialMs: sequentialMs / calls, perSecond: (together * 10) / (allMs / 1000) };
    });
  } finally {
    server.kill('SIGTERM');
    await ended;
    rmSync(home, { recursive: true, force: true });
  }
}

async function withWorker<T>(address: string, body: (client: Client) => Promise<T>): Promise<T> {
  const connection = await answering(address);
  const native = await NativeConnection.connect({ address });
  try {
    const worker = await Worker.create({
      connection: native,
      taskQueue: 'bench',
      workflowsPath: fileURLToPath(import.meta.resolve('./temporal-tuning-workflow.ts')),
      activities: { nothing: () => Promise.resolve() },
    });
    return await worker.runUntil(() => body(new Client({ connection })));
  } finally {
    await native.close();
    await connection.close();
  }
}

async function answering(address: string): Promise<Connection> {
  for (let tries = 0; ; tries++) {
    try {
      return await Connection.connect({ address, connectTimeout: '1 second' });
    } catch (error) {
      if (tries > 30) throw error;
    }
  }
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await body();
  return performance.now() - began;
}
