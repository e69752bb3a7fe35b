import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Sandbox, SandboxCommand } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';

function plain(key: string, script: string): SandboxCommand {
  return { key, script, session: 'plain', timeoutMs: 60_000, outputBytes: 1000 };
}

async function readProc(pid: string, file: string): Promise<string> {
  return await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
}

/** SIGKILL for the process above the one with that command line whose own holds `name`. */
async function killAncestor(of: string, name: string): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid) || !(await readProc(pid, 'cmdline')).startsWith(of)) continue;
      for (
        let at = pid;
        Number(at) > 1;
        at = (await readProc(at, 'stat')).split(') ')[1]?.split(' ')[1] ?? '0'
      ) {
        if (!(await readProc(at, 'cmdline')).includes(name)) continue;
        process.kill(Number(at), 'SIGKILL');
        return;
      }
    }
  }
  throw new Error(`no ${of} below a ${name}`);
}

/** What becomes of a command whose worker is killed, the same in both adapters. */
export function adoption(kind: Sandbox['kind']): void {
  describe(`${kind}: adoption`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let box: Box;

    before(async () => {
      host = await makeHost();
      box = await Box.open(adapter(kind, host.stateDir), host.tree);
    });
    after(async () => {
      await box.close();
      await host.remove();
    });

    /** Has another process run a command, and kills it with SIGKILL once the command is under way. */
    async function startAndKill(command: SandboxCommand, marker: string): Promise<void> {
      const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
      const input = JSON.stringify({ kind, stateDir: host.stateDir, name: box.name, command });
      const child = spawn(process.execPath, [worker, input], { stdio: 'inherit' });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await sleep(300);
      // A read waits for the command; so the marker is looked for only by those that end by themselves.
      const second = adapter(kind, host.stateDir);
      for (let tries = 0; child.exitCode === null && tries < 3; tries++) await sleep(500);
      child.kill('SIGKILL');
      await ended;
      assert.equal(
        (await second.list()).some(({ name }) => name === box.name),
        true,
        marker,
      );
    }

    test('a command that still runs is waited for and not run again', async () => {
      const command = {
        key: 'long',
        script:
          'echo begun >>/testbed/log; for i in 1 2 3 4 5; do echo $i; sleep 1; done; echo ended >>/testbed/log',
        session: 'shell' as const,
        timeoutMs: 60_000,
        outputBytes: 1000,
      };
      await startAndKill(command, 'long');
      const result = await adapter(kind, host.stateDir).run(box.name, command);
      assert.deepEqual([result.exitCode, result.output], [0, '1\n2\n3\n4\n5\n']);
      assert.equal(await box.output('cat /testbed/log; rm /testbed/log'), 'begun\nended\n');
    });

    test('one that ended meanwhile is answered from what was kept', async () => {
      const command = {
        key: 'short',
        script: 'sleep 1; echo x >>/testbed/log; echo done',
        session: 'plain' as const,
        timeoutMs: 60_000,
        outputBytes: 1000,
      };
      await startAndKill(command, 'short');
      await sleep(1500);
      assert.equal((await adapter(kind, host.stateDir).run(box.name, command)).output, 'done\n');
      // Made again, it would have left a second one.
      assert.equal(await box.output('cat /testbed/log'), 'x\n');
    });

    test('a sandbox in which a command vanished halfway is gone for good', async () => {
      const lost = adapter(kind, host.stateDir).run(box.name, plain('half', 'sleep 47.11; echo half'));
      const ended = lost.catch(() => undefined);
      await killAncestor('sleep\u000047.11', 'supervise.py');
      await ended;
      for (const again of [plain('half', 'echo again'), plain('next', 'echo next')]) {
        await assert.rejects(adapter(kind, host.stateDir).run(box.name, again), { type: 'Sandbox.Gone' });
      }
    });
  });
}
