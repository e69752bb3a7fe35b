import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COUNTED } from '../check-records.ts';
import { activityRecovery } from '../histories.ts';
import type { Draws } from '../random.ts';
import type { Row, RowSession } from '../row.ts';
import { EXAMPLE_DATA } from '../run-input.ts';
import { type DockerProxy, type ProxyFault, startDockerProxy } from '../support/docker-proxy.ts';
import { type OneRun, type OneRunSpec, oneRunRow } from '../support/one-run.ts';
import { Registry } from '../../support/registry.ts';

type Case = readonly [RegExp, ProxyFault];

const CREATE = /^POST \S*\/containers\/create\?/;
const START = /^POST \S*\/containers\/[^/]+\/start /;
const HANGS: readonly [Case, ...Case[]] = [
  [CREATE, 'swallow'],
  [CREATE, 'hold-reply'],
  [START, 'swallow'],
  [START, 'hold-reply'],
];
const LOST: readonly [Case, ...Case[]] = [
  [CREATE, 'lose-reply'],
  [START, 'lose-reply'],
];
const IMAGE_MISSING = /failed: Sandbox\.ImageMissing/;

/** Openings of a sandbox that go wrong; each try is a run. */
export const sandboxRows: readonly Row[] = [
  // What hangs is given up after a minute, so many wait beside each other.
  proxied({ name: 'sandbox-hangs', title: 'sandbox start hangs', parallel: 8 }, HANGS),
  proxied({ name: 'sandbox-reply-lost', title: 'create succeeds and its reply is lost', parallel: 2 }, LOST),
  withOwn(
    { name: 'sandbox-image-missing', title: 'image missing', parallel: 2, short: 2 },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'steadfast-imageless-'));
      // One that answers: a registry out of reach is asked again, since it may have the image.
      const registry = await Registry.start();
      return {
        thing: { folder, registry },
        end: async () => {
          await registry.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
    async ({ folder, registry }) => {
      const data = await imageless(folder, `${registry.address}/steadfast/missing:1`);
      return {
        world: { data, run: { sandbox: 'docker', num_instances: 2 } },
        plan: async () => oneWithoutImage(),
      };
    },
  ),
];

interface Own<T> {
  readonly thing: T;
  readonly end: () => Promise<void>;
}

/** A row whose world needs something that is made before it and goes after it. */
function withOwn<T>(
  row: Pick<Row, 'name' | 'title' | 'parallel'> & { readonly short?: number },
  make: () => Promise<Own<T>>,
  specOf: (thing: T) => Promise<Pick<OneRunSpec, 'world' | 'plan'>>,
): Row {
  const full = { tries: 50, short: 1, ...row };
  return {
    ...full,
    async open(): Promise<RowSession> {
      const { thing, end } = await make();
      try {
        const session = await oneRunRow({ ...full, ...(await specOf(thing)) }).open();
        const close = async () => {
          try {
            await session.close();
          } finally {
            await end();
          }
        };
        return { attempt: session.attempt.bind(session), close };
      } catch (error) {
        await end();
        throw error;
      }
    },
  };
}

function proxied(row: Pick<Row, 'name' | 'title' | 'parallel'>, cases: readonly [Case, ...Case[]]): Row {
  return withOwn(row, ownProxy, async (proxy) => ({
    world: { env: { DOCKER_HOST: proxy.host }, run: { sandbox: 'docker' } },
    plan: async (_world, draws) => failing(proxy, cases, draws),
  }));
}

async function ownProxy(): Promise<Own<DockerProxy>> {
  const proxy = await startDockerProxy();
  return { thing: proxy, end: async () => await proxy.close() };
}

function failing(proxy: DockerProxy, cases: readonly [Case, ...Case[]], draws: Draws): OneRun {
  const [request, fault] = draws.pick(cases);
  // Tries that run beside each other may meet each other's faults: each run is checked, whichever it met.
  const armed = proxy.arm(request, fault);
  return {
    expected: { ...COUNTED, scored: 1 },
    recovery: (histories) => {
      const at = armed.metAt();
      return at === null ? null : activityRecovery(histories, at);
    },
    end: async () => armed.disarm(),
  };
}

/** A data file of two instances: a good one, and one whose image is not in its registry. */
async function imageless(folder: string, name: string): Promise<string> {
  const [good = ''] = (await readFile(EXAMPLE_DATA, 'utf8')).split('\n');
  const { source: _, ...fields } = JSON.parse(good) as Record<string, unknown>;
  const image = { instance_id: 'missing__image.1', repo: 'missing/image', image_name: name };
  const path = join(folder, 'data.jsonl');
  await writeFile(path, `${JSON.stringify({ ...fields, ...image })}\n${good}\n`);
  return path;
}

/** The group without an image fails at once and for good, the other is scored. */
function oneWithoutImage(): OneRun {
  return {
    input: { num_instances: 2, concurrency: 2 },
    expected: { ...COUNTED, scored: 1 },
    excused: IMAGE_MISSING,
    recovery: () => null,
    more: async (run, findings) => {
      const { totals, retries } = await run.result();
      const counts = `${totals.failed} failed of ${totals.rollouts}, in ${retries.attempts} attempts`;
      if (counts !== '1 failed of 2, in 2 attempts') findings.break(counts);
    },
  };
}
