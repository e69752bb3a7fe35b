import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from './host.ts';

/** How commands behave, the same in both adapters. */
export function commands(kind: Sandbox['kind']): void {
  describe(`${kind}: commands`, () => {
    let host: Awaited<ReturnType<typeof makeHost>>;
    let sandbox: Sandbox;
    let box: Box;

    before(async () => {
      host = await makeHost();
      sandbox = adapter(kind, host.stateDir);
      box = await Box.open(sandbox, host.tree);
    });
    after(async () => {
      await box.close();
      await host.remove();
    });

    test('the repository stands at /testbed with one commit, clean, owned by the agent', async () => {
      const output = await box.output(
        'pwd; git log --format=%s; git status --porcelain; whoami; cat link/__init__.py; stat -c %a run.sh',
      );
      assert.equal(output, '/testbed\nInitial commit\nagent\ndef one():\n    return 1\n755\n');
    });

    test('pytest of its own runs the tests, and git and patch are there', async () => {
      const { exitCode, output } = await box.run(
        'pytest -q -p no:cacheprovider && git --version && patch --version | head -1',
      );
      assert.equal(exitCode, 0, output);
      assert.match(output, /1 passed/);
    });

    test('the environment is ours and nothing of the host is in it', async () => {
      const names = (await box.output('env | cut -d= -f1 | sort | tr "\\n" " "', { session: 'plain' })).split(
        ' ',
      );
      const ours =
        'GIT_PAGER HOME LC_ALL LOGNAME PAGER PATH PYTHONDONTWRITEBYTECODE PYTHONHASHSEED PYTHONPATH SHELL TERM TZ USER';
      const bash = ['PWD', 'SHLVL', '_', 'OLDPWD', ''];
      assert.deepEqual(
        names.filter((name) => !bash.includes(name)),
        ours.split(' '),
      );
      assert.equal(
        await box.output('echo $HOME; touch ~/x && command -v python'),
        '/home/agent\n/opt/steadfast/env/bin/python\n',
      );
    });

    test('working directory and exports last from one shell command to the next, functions and locals do not', async () => {
      await box.output(
        "cd src/toy; export A=$'one\\ntwo\\xff'; export EMPTY=; LOCAL=1; f() { :; }; unset PYTHONHASHSEED",
      );
      const output = await box.output(
        'pwd; printf %s "$A" | od -An -c; echo "${EMPTY-unset} ${LOCAL-unset} ${PYTHONHASHSEED-unset}"; type f 2>&1 || true',
      );
      assert.match(
        output,
        /^\/testbed\/src\/toy\n\s+o\s+n\s+e\s+\\n\s+t\s+w\s+o\s+377\n unset unset\n.*not found\n$/,
      );
      assert.equal(
        await box.output('pwd; echo "${A-unset} $PYTHONHASHSEED"', { session: 'plain' }),
        '/testbed\nunset 0\n',
      );
      await box.output('cd /testbed; unset A');
      assert.equal(await box.output('echo ${A-unset}'), 'unset\n');
    });

    test('the session outlasts exit, set -e, a trap, an odd folder and one that is gone', async () => {
      assert.equal((await box.run('export B=1; cd /tmp; exit 3')).exitCode, 3);
      assert.equal(
        (await box.run('echo $B $PWD; set -eu; export B=2; false; export B=3')).output,
        '1 /tmp\n',
      );
      assert.equal(
        (await box.run("trap 'echo bye' EXIT; echo $B; mkdir -p $'a\\nb'; cd $'a\\nb'")).output,
        '2\nbye\n',
      );
      assert.equal(await box.output('printf %q "$PWD"'), "$'/tmp/a\\nb'");
      assert.equal(
        (await box.run('set -x; unset PATH; rm() { :; }; cd ..; set -o noclobber; exit 0')).exitCode,
        0,
      );
      assert.equal(
        await box.output('export PATH=/usr/bin; pwd; mkdir -p x/y; cd x/y; rm -r /tmp/x'),
        '/tmp\n',
      );
      assert.equal(
        await box.output('pwd; cd /testbed; export PATH=/opt/steadfast/env/bin:/usr/bin:/bin'),
        '/tmp\n',
      );
      assert.equal(
        (await box.run('echo garbage >~/.session; rm -rf ~/.session; mkdir ~/.session')).exitCode,
        0,
      );
      assert.equal(await box.output('pwd; rmdir ~/.session'), '/testbed\n');
    });

    test('stdin is what was given, or empty', async () => {
      assert.equal(await box.output('cat; echo .', { stdin: 'héllo\n' }), 'héllo\n.\n');
      assert.equal(await box.output('cat; echo .'), '.\n');
      assert.equal(await box.output('wc -c', { stdin: 'x'.repeat(3_000_000) }), '3000000\n');
    });

    test('a script may be longer than an argument', async () => {
      assert.equal(await box.output(`: ${'x'.repeat(300_000)}\necho end`), 'end\n');
    });

    test('a command that fails, or is killed, says so', async () => {
      assert.equal((await box.run('exit 7')).exitCode, 7);
      assert.equal((await box.run('kill -9 $$')).exitCode, 137);
      const { exitCode, output } = await box.run('if');
      assert.equal(exitCode, 2);
      assert.match(output, /syntax error/);
    });

    test('output keeps head and tail, and counts the rest', async () => {
      const { output, droppedBytes } = await box.run('seq 1 100000', { outputBytes: 100 });
      assert.match(output, /^1\n2\n3\n/);
      assert.match(output, /99999\n100000\n$/);
      assert.equal(output.length, 100);
      assert.equal(droppedBytes, 588_895 - 100);
    });

    test('binary output becomes text of the same order, stderr in between', async () => {
      const { output } = await box.run("printf 'a\\377\\000b'; echo err >&2; printf c");
      assert.equal(output, 'a\uFFFD\0berr\nc');
    });

    test('an endless printer ends at its time limit and costs little memory', async () => {
      const memory = process.memoryUsage().rss;
      const { timedOut, exitCode, output, droppedBytes } = await box.run('yes', {
        timeoutMs: 1500,
        outputBytes: 1000,
      });
      assert.deepEqual([timedOut, exitCode, output.length], [true, null, 1000]);
      assert.ok(droppedBytes > 1_000_000);
      assert.ok(process.memoryUsage().rss - memory < 64 << 20);
    });

    test('a time limit ends everything, daemons included, and keeps the output until then', async () => {
      const daemon =
        '(setsid sh -c "trap : TERM INT HUP; while :; do date +%s%N >/tmp/beat; sleep 0.05; done" &) ; disown -a';
      const { timedOut, output, durationMs } = await box.run(`echo before; ${daemon}; sleep 60`, {
        timeoutMs: 1000,
      });
      assert.deepEqual([timedOut, output], [true, 'before\n']);
      assert.ok(durationMs < 3000, `${durationMs} ms`);
      const beats = await box.output(
        'a=$(cat /tmp/beat); sleep 0.4; b=$(cat /tmp/beat); [ "$a" = "$b" ] && echo still',
      );
      assert.equal(beats, 'still\n');
    });

    test('what a command leaves in the background ends with it, and does not hold it up', async () => {
      const { durationMs, exitCode } = await box.run('sleep 60 & echo started');
      assert.equal(exitCode, 0);
      assert.ok(durationMs < 5000, `${durationMs} ms`);
      assert.doesNotMatch(await box.output('cat /proc/*/cmdline | tr "\\0" " "'), /sleep 60/);
    });

    test('the same key answers the kept result', async () => {
      const command = { key: 'once', session: 'plain' as const };
      const first = await box.run('echo x >>/tmp/count; wc -l </tmp/count', command);
      const second = await box.run('echo x >>/tmp/count; wc -l </tmp/count', command);
      assert.deepEqual(second, first);
      assert.equal(await box.output('cat /tmp/count'), 'x\n');
    });

    test('two callers of one key share one run', async () => {
      const command = { key: 'shared', session: 'plain' as const };
      const script = 'echo x >>/tmp/shared; sleep 0.5; cat /tmp/shared';
      const [first, second] = await Promise.all([box.run(script, command), box.run(script, command)]);
      assert.deepEqual(second, first);
      assert.equal(first.output, 'x\n');
    });

    test('an abort leaves the command to whoever asks next', async () => {
      const abort = new AbortController();
      const command = {
        key: 'left',
        script: 'echo x >>/tmp/left; sleep 1; cat /tmp/left',
        session: 'plain' as const,
        timeoutMs: 9000,
        outputBytes: 100,
      };
      const left = sandbox.run(box.name, command, abort.signal);
      setTimeout(() => abort.abort(), 500);
      await assert.rejects(left, { name: 'AbortError' });
      assert.equal((await sandbox.run(box.name, command)).output, 'x\n');
    });
  });
}
