import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandResult, Sandbox } from '../../../src/ports/sandbox.ts';
import { Box, adapter, makeHost } from '../../integration/sandbox/host.ts';
import { drawsOf } from '../random.ts';
import { type Outcome, type Row, type RowSession, SURVIVED } from '../row.ts';

/** Something that an agent may do to its sandbox, and what must come of it. */
export interface Deed {
  readonly script: string;
  readonly timeoutMs: number;
  /** What is wrong about its result, in words; '' when it is as it should be. */
  wrong(result: CommandResult): string;
}

/** One try in five is made in Docker, the others in bubblewrap. */
const DOCKER_EVERY = 5;
/** What ending a command may take beyond its limit on a loaded machine. */
const SLACK_MS = 6000;
const OUTPUT_BYTES = 20_000;
/** Of this process, in one try: a command's output is never held whole. */
const GROWTH_BYTES = 256 << 20;
const DIFF_BYTES = 1 << 20;

/** A row whose tries each do one of the deeds in a fresh sandbox. */
export function hostileRow(row: Pick<Row, 'name' | 'title'>, deeds: readonly [Deed, ...Deed[]]): Row {
  return { ...row, tries: 50, short: 1, parallel: 2, open: async () => await openHostile(deeds) };
}

async function openHostile(deeds: readonly [Deed, ...Deed[]]): Promise<RowSession> {
  const host = await makeHost();
  const neighbours = new Map<Sandbox['kind'], Promise<Box>>();

  function neighbourOf(kind: Sandbox['kind']): Promise<Box> {
    const known = neighbours.get(kind) ?? Box.open(adapter(kind, host.stateDir), host.tree);
    neighbours.set(kind, known);
    return known;
  }

  async function attempt(seed: number): Promise<Outcome> {
    const kind = seed % DOCKER_EVERY === DOCKER_EVERY - 1 ? 'docker' : 'bubblewrap';
    const deed = drawsOf(seed).pick(deeds);
    const sandbox = adapter(kind, host.stateDir);
    const neighbour = await neighbourOf(kind);
    const box = await Box.open(sandbox, host.tree);
    const broken = await rulesBroken(deed, box, neighbour).catch((error: unknown) => [
      `the machinery failed: ${String(error)}`,
    ]);
    const gone = await closes(box);
    return {
      ...SURVIVED,
      leaked: gone ? 0 : 1,
      broken: broken.map((rule) => `${kind}: ${rule}`).join('; '),
    };
  }

  return {
    attempt,
    async close() {
      for (const box of neighbours.values()) await (await box).close();
      await host.remove();
    },
  };
}

/** Whether a sandbox can be closed, whatever was done in it, and is gone then. */
async function closes(box: Box): Promise<boolean> {
  try {
    await box.close();
    return (await box.sandbox.list()).every(({ name }) => name !== box.name);
  } catch {
    return false;
  }
}

async function rulesBroken(deed: Deed, box: Box, neighbour: Box): Promise<readonly string[]> {
  const broken: string[] = [];
  const mark = crypto.randomUUID();
  const before = process.memoryUsage().rss;
  const started = Date.now();
  const script = `export STEADFAST_DEED=${mark}; exec bash -c "$(cat)"`;
  const options = { session: 'plain', timeoutMs: deed.timeoutMs, outputBytes: OUTPUT_BYTES } as const;
  const [result] = await Promise.all([
    box.run(script, { ...options, stdin: deed.script }),
    sleep(deed.timeoutMs / 2).then(async () => await neighbour.output('echo alive')),
  ]);
  const took = Date.now() - started;
  if (took > deed.timeoutMs + SLACK_MS)
    broken.push(`it took ${took} ms under a limit of ${deed.timeoutMs} ms`);
  const why = deed.wrong(result);
  if (why !== '') broken.push(`${why}: ${JSON.stringify({ ...result, output: result.output.slice(-300) })}`);
  if (Buffer.byteLength(result.output) > OUTPUT_BYTES * 3)
    broken.push(`${result.output.length} characters came out`);
  const grown = process.memoryUsage().rss - before;
  if (grown > GROWTH_BYTES) broken.push(`the worker grew by ${grown} bytes`);
  const left = await stillMarked(mark);
  if (left.length > 0) broken.push(`processes were left: ${left.join(' ')}`);
  // What the agent has done to its own disk is cleared by itself; the shell is there to do so.
  const { output, exitCode } = await box.run('echo still; rm -rf /tmp/fill ~/fill /testbed/fill', {
    timeoutMs: 60_000,
  });
  if (output !== 'still\n' || exitCode !== 0)
    broken.push(`the sandbox answers ${exitCode} ${JSON.stringify(output)}`);
  await box.sandbox.diff(box.name, DIFF_BYTES);
  return broken;
}

/** Processes of the host that carry the mark in their environment, given a moment to end. */
async function stillMarked(mark: string): Promise<readonly string[]> {
  for (let tries = 0; ; tries++) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const marked = await Promise.all(
      pids.map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return environment.includes(mark) ? [pid] : [];
      }),
    );
    if (marked.flat().length === 0 || tries === 10) return marked.flat();
    await sleep(100);
  }
}
