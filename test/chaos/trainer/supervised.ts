import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type Fork, type Zygote } from './zygote.ts';

/** A policy server that is started again on its port whenever it dies, as `npm start` and a pod's kubelet do. */
export interface SupervisedServer {
  readonly port: number;
  /** The process that serves now. */
  current(): Fork;
  /** Arms a moment of a step: the process that reaches it next does what the order says, once. */
  arm(moment: string, order: string): Promise<void>;
  close(): Promise<void>;
}

export async function startSupervised(zygote: Zygote): Promise<SupervisedServer> {
  const failpoints = await mkdtemp(join(tmpdir(), 'steadfast-failpoints-'));
  const port = await freePort();
  let fork = await zygote.serve(port, failpoints);
  let closing = false;
  const supervised = (async () => {
    for (;;) {
      await fork.ended;
      if (closing) return;
      fork = await zygote.serve(port, failpoints);
    }
  })();
  // Told when the server is closed, which every user of it does.
  supervised.catch(() => undefined);

  return {
    port,
    current: () => fork,
    arm: async (moment, order) => await writeFile(join(failpoints, moment), order),
    async close() {
      closing = true;
      await fork.kill();
      await supervised;
      await rm(failpoints, { recursive: true });
    },
  };
}
