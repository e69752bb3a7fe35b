import { setTimeout as sleep } from 'node:timers/promises';
import { workflowRecovery } from '../histories.ts';
import type { Proxy } from '../proxy.ts';
import { type RunRow, runRow } from '../session.ts';
import { PROXIED } from '../worlds.ts';

interface Kind {
  readonly name: string;
  readonly title: string;
  readonly begin: (proxy: Proxy) => Promise<void>;
}

const both = ['downstream', 'upstream'] as const;

const KINDS: readonly Kind[] = [
  {
    name: 'down',
    title: 'Temporal unreachable for seconds',
    begin: async (proxy) => await proxy.setUp(false),
  },
  {
    name: 'reset',
    title: 'half of the connections to Temporal reset',
    begin: async (proxy) =>
      await proxy.add({
        type: 'reset_peer',
        stream: 'downstream',
        toxicity: 0.5,
        attributes: { timeout: 100 },
      }),
  },
  {
    name: 'latency',
    title: 'Temporal answers 2 s late',
    begin: async (proxy) =>
      await proxy.add({ type: 'latency', stream: 'downstream', toxicity: 1, attributes: { latency: 2000 } }),
  },
  {
    name: 'bandwidth',
    title: 'Temporal reached at 1 KB/s',
    async begin(proxy) {
      for (const stream of both)
        await proxy.add({ type: 'bandwidth', stream, toxicity: 1, attributes: { rate: 1 } });
    },
  },
];

/** The network between the workers and Temporal fails for some seconds. */
export const networkRows: readonly RunRow[] = KINDS.map(({ name, title, begin }) =>
  runRow({
    name: `network-${name}`,
    title,
    tries: 20,
    short: 1,
    parallel: 2,
    world: PROXIED,
    async inject({ world, draws, at }) {
      const { proxy } = world;
      if (proxy === null) throw new Error('this row needs a proxied world');
      await at(draws.next());
      await begin(proxy);
      await sleep(draws.between(2000, 8000));
      await proxy.mend();
      const mendedAt = Date.now();
      return (histories) => workflowRecovery(histories, mendedAt);
    },
  }),
);
