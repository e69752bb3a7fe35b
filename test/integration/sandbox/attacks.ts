import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, LIMITS, adapter, makeHost } from './host.ts';

/** What an agent must not be able to do, the same in both adapters. */
export function attacks(kind: Sandbox['kind']): void {
  describe(`${kind}: attacks`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let sandbox: Sandbox;
    let box: Box;

    before(async () => {
      host = await makeHost();
      sandbox = adapter(kind, host.stateDir);
    });
    beforeEach(async () => {
      box = await Box.open(sandbox, host.tree);
    });
    afterEach(async () => {
      await box.close();
    });
    after(async () => {
      await host.remove();
    });

    test("the host's kernel settings stay as they are", async () => {
      const pattern = await readFile('/proc/sys/kernel/core_pattern', 'utf8');
      const { output } = await box.run(
        'echo "|/tmp/x" >/proc/sys/kernel/core_pattern; echo 1 >/proc/sysrq-trigger; echo $?',
      );
      assert.match(output, /(denied|Read-only|No such).*\n1\n$/s);
      assert.equal(await readFile('/proc/sys/kernel/core_pattern', 'utf8'), pattern);
    });

    test('no capability, no new privileges, no way to more', async () => {
      const status = await box.output(
        'grep -E "^(CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs)" /proc/self/status',
      );
      assert.equal(status.match(/\t0{16}\n/g)?.length, 4, status);
      assert.match(status, /NoNewPrivs:\t1/);
      const tried = [
        'mount -t tmpfs none /tmp',
        'mount -o remount,rw /',
        'mount -o remount,rw /usr',
        'mount --bind /tmp /testbed',
        'umount /testbed',
        'unshare -U true',
        'unshare -Ur true',
        'unshare -m true',
        'unshare -n true',
        'chroot / true',
        'touch /usr/x',
        'touch /opt/steadfast/guest/x',
        'touch /opt/steadfast/env/x',
        'touch /x /etc/x',
        'mknod /tmp/null c 1 3',
        'python3 -c "import os; os.setuid(0)"',
        'kill -9 1 && sleep 0.2 && kill -0 1 2>&1 | grep -q "not permitted" && false',
      ];
      const { output } = await box.run(
        tried.map((one, index) => `(${one}) >/dev/null 2>&1 && echo did ${index}`).join('\n'),
      );
      assert.equal(output, '');
      assert.equal(await box.output('id -u'), '1000\n');
    });

    test('there is no network', async () => {
      const script = `
import os, socket
names = os.listdir('/sys/class/net') if os.path.exists('/sys/class/net') else [n for _, n in socket.if_nameindex()]
print(names)
for address in (('192.0.2.1', 80), ('127.0.0.1', 22), ('127.0.0.1', 7233)):
    try:
        socket.create_connection(address, timeout=2)
        print('connected')
    except OSError:
        pass
`;
      assert.equal(await box.output(`python3 - <<'E'\n${script}\nE`), "['lo']\n");
    });

    test('memory is bounded, and the command says that it ran out', async () => {
      const result = await box.run(
        `python3 -c "x = bytearray(${LIMITS.memoryBytes + LIMITS.diskBytes + (256 << 20)})"`,
      );
      assert.equal(result.outOfMemory, true, JSON.stringify(result));
      assert.notEqual(result.exitCode, 0);
      const next = await box.run('echo alive');
      assert.deepEqual([next.output, next.outOfMemory], ['alive\n', false]);
    });

    test('processes are bounded, a fork bomb ends with its command', async () => {
      const count = `python3 - <<'E'
import os, time
n = 0
try:
    while n < 1000:
        if os.fork() == 0:
            time.sleep(30)
        n += 1
except OSError:
    pass
print(n)
E`;
      const made = Number(await box.output(count));
      assert.ok(made > 4 && made < LIMITS.pids, `${made}`);
      const { timedOut } = await box.run(':(){ :|:& };:; sleep 30', { timeoutMs: 1500 });
      assert.equal(timedOut, true);
      assert.ok(Number(await box.output(count)) > 4);
    });

    test('disk is bounded in bytes and in files, and a full one ends neither commands nor session', async () => {
      const written = Number(
        await box.output(
          'for d in /tmp ~ /testbed /dev/shm; do head -c 1G /dev/zero >$d/fill 2>/dev/null; done; cat /tmp/fill ~/fill /testbed/fill /dev/shm/fill | wc -c',
        ),
      );
      assert.ok(written > LIMITS.diskBytes / 2 && written <= LIMITS.diskBytes, `${written}`);
      assert.equal(await box.output('cd src; echo here'), 'here\n');
      await box.output('rm /tmp/fill ~/fill /testbed/fill /dev/shm/fill');
      const files = await box.output(
        'cd /tmp; for i in $(seq 1 40); do mkdir $i && (cd $i && eval "touch {1..1000}") 2>/dev/null || break; done; find /tmp | wc -l',
      );
      assert.ok(Number(files) < 20_000, files);
      assert.equal((await box.run('echo alive')).output, 'alive\n');
    });

    test('records, the pristine repository and the supervisor are out of reach', async () => {
      await box.output('echo change >new.txt');
      const patch = await box.diff();
      const { output } = await box.run(
        'cat /run/steadfast/calls/* /run/steadfast/lock /run/steadfast/environment 2>/dev/null; ' +
          'for f in $(find /run/steadfast /opt/steadfast/guest 2>/dev/null); do [ -w $f ] && echo writable $f; done; ' +
          'rm -rf /run/steadfast/base.git /run/steadfast/calls 2>/dev/null; kill -9 -1 2>/dev/null; true',
      );
      assert.equal(output, '');
      assert.equal(await box.diff(), patch);
      const { exitCode } = await box.run(
        'for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || kill -9 $p 2>/dev/null; done; sleep 0.1; exit 5',
      );
      assert.equal(exitCode, 5);
    });

    test("nothing of another sandbox's is seen", async () => {
      const other = await Box.open(sandbox, host.tree);
      try {
        const secret = crypto.randomUUID();
        const script = `echo ${secret} | tee /tmp/s ~/s /testbed/s /dev/shm/s >/dev/null; export S=${secret}; bash -c 'sleep 3; : ${secret}'`;
        const waiting = other.run(script);
        waiting.catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const { output } = await box.run(
          `grep -rls ${secret.slice(0, 20)} /tmp ~ /testbed /dev/shm /run /var /mnt /root /home 2>/dev/null; cat /proc/*/cmdline /proc/*/environ >/tmp/all 2>/dev/null; grep -ac ${secret.slice(9)} /tmp/all; true`,
        );
        assert.equal(output, '0\n');
        await waiting;
      } finally {
        await other.close();
      }
    });
  });
}
