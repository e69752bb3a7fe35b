import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BubblewrapOptions } from '../../../src/adapters/sandbox/bubblewrap/host.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';

// Run by bubblewrap.test.ts from a copy that an unprivileged user can read: opens, uses and closes a sandbox as that user.
const [folder = '', tree = '', instance = ''] = process.argv.slice(2);
const { createBubblewrapSandbox } = (await import(
  join(folder, 'src/adapters/sandbox/bubblewrap/sandbox.ts')
)) as { readonly createBubblewrapSandbox: (options: BubblewrapOptions) => Sandbox };
process.setgroups?.([]);
process.setgid?.(65533);
process.setuid?.(65533);
const stateDir = join(folder, 'state');
const sandbox = createBubblewrapSandbox({ stateDir, pythonEnv: join(folder, 'env') });
const limits = { memoryBytes: 1 << 28, pids: 64, cpus: 1, diskBytes: 1 << 27 };
const name = 'unprivileged';
const open = async () =>
  await sandbox.open({
    name,
    run: 'r',
    instance: JSON.parse(instance) as Instance,
    tree,
    limits,
    deadline: '',
  });
await open();
let calls = 0;
const run = async (script: string, timeoutMs = 10_000) =>
  await sandbox.run(name, { key: `${calls++}`, script, session: 'shell', timeoutMs, outputBytes: 1000 });
const first = await run('echo $(id -u) $PWD; echo new >new.txt; mkdir -p closed/in; chmod 000 closed');
const limited = await run(
  '(setsid sh -c "while :; do date +%N >/tmp/beat; sleep 0.05; done" &); sleep 60',
  800,
);
const still = await run('a=$(cat /tmp/beat); sleep 0.3; [ "$a" = "$(cat /tmp/beat)" ] && echo 1');
const others = await run('set -- /proc/[0-9]*; [ $# -lt 8 ] && echo 0');
const snapshot = await sandbox.snapshot(name, 1 << 20);
const same = (await run('ls')).fingerprint === snapshot?.fingerprint;
const patch = await sandbox.diff(name, 1 << 20);
await sandbox.close(name);
await open();
await sandbox.restore(name, snapshot?.archive ?? Buffer.alloc(0));
const restored = await run('cat new.txt; stat -c %a closed; chmod 700 closed; ls -A closed');
await sandbox.close(name);
const commands = [first.output, String(limited.timedOut), still.output, others.output];
console.log(
  JSON.stringify({
    commands,
    same,
    restored: restored.output,
    patch,
    left: readdirSync(join(stateDir, 'sandboxes')),
  }),
);
