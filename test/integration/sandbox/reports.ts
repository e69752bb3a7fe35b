import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';

/** How a command reports through a pipe that nobody in the sandbox holds the other end of, the same in both adapters. */
export function reports(kind: Sandbox['kind']): void {
  describe(`${kind}: reports`, () => {
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

    test('a report comes through a pipe of its own, apart from the output, and is kept with the result', async () => {
      const command = { key: 'report', session: 'plain' as const, reportBytes: 1000 };
      const script = 'echo out; echo "in $(wc -c </dev/null)" >&$STEADFAST_REPORT_FD; rm -rf /tmp/x; exit 3';
      const first = await box.run(script, command);
      assert.deepEqual([first.exitCode, first.output, first.report], [3, 'out\n', 'in 0\n']);
      assert.deepEqual(await box.run(script, command), first);
      const nothing = await box.run('echo ${STEADFAST_REPORT_FD-none}; echo x >&5', { session: 'plain' });
      assert.match(nothing.output, /^none\n.*Bad file descriptor\n$/);
      assert.equal(nothing.report, null);
      assert.equal((await box.run(':', { session: 'plain', reportBytes: 10 })).report, '');
    });

    test('a report of more bytes than were asked for is none, and its writer is not held up', async () => {
      const command = { session: 'plain' as const, timeoutMs: 60_000, reportBytes: 100_000 };
      const fits = await box.run('head -c 100000 /dev/zero | tr "\\0" x >&$STEADFAST_REPORT_FD', command);
      assert.equal(fits.report, 'x'.repeat(100_000));
      const flood = await box.run('head -c 3000000 /dev/zero >&$STEADFAST_REPORT_FD; echo done', command);
      assert.deepEqual([flood.report, flood.output], [null, 'done\n']);
    });

    test('who keeps the pipe of a report open holds nothing up, and writes nothing once the command has ended', async () => {
      const script =
        'echo first >&$STEADFAST_REPORT_FD; (trap "" HUP TERM; sleep 30; echo late >&$STEADFAST_REPORT_FD) >/dev/null 2>&1 & disown -a';
      const { report, durationMs } = await box.run(script, { session: 'plain', reportBytes: 1000 });
      assert.equal(report, 'first\n');
      assert.ok(durationMs < 15_000, `${durationMs} ms`);
    });

    test('nobody else of the sandbox can open the pipe of a report, or take back what went through it', async () => {
      const script = [
        'echo mine >&$STEADFAST_REPORT_FD',
        `python3 - <<'EOF'`,
        'import os',
        'for pid in filter(str.isdigit, os.listdir("/proc")):',
        '    if int(pid) in (os.getpid(), os.getppid()): continue',
        '    try:',
        '        names = os.listdir("/proc/%s/fd" % pid)',
        '    except OSError: continue',
        '    for name in names:',
        '        path = "/proc/%s/fd/%s" % (pid, name)',
        '        try:',
        '            if os.readlink(path).startswith("pipe:"): os.write(os.open(path, os.O_WRONLY), b"not mine")',
        '        except OSError: pass',
        'EOF',
      ].join('\n');
      const { report, output } = await box.run(script, { session: 'plain', reportBytes: 1000 });
      assert.equal(report, 'mine\n', output);
    });
  });
}
