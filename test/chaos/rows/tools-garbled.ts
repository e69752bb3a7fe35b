import * as fc from 'fast-check';
import { Box, adapter, makeHost } from '../../integration/sandbox/host.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';
import { type Row, SURVIVED } from '../row.ts';
import { garbledAnswers } from '../support/garbled-answers.ts';
import { openGarbledWorld } from '../support/garbled-world.ts';

const ROLLOUT = 'r/g-000001/demo__1/1.1';
/** Answers in a try; the calls of the last are carried out in a real sandbox. */
const ANSWERS = 100;

/** What a model may answer with its tool calls; the same cases as the property test, each by its seed. */
export const toolsGarbled: Row = {
  name: 'tools-garbled',
  title: 'garbled tool calls, 100 answers a try',
  tries: 100,
  short: 2,
  parallel: 4,
  async open() {
    const host = await makeHost();
    const box = await Box.open(adapter('bubblewrap', host.stateDir), host.tree);
    const fake = fakeSandbox(({ script, stdin = '' }) => ({
      output: `${script}${stdin}`.slice(0, 9000),
      fingerprint: 'start',
    }));
    fake.opened.add(ROLLOUT);
    const world = await openGarbledWorld(fake, ROLLOUT);
    const real = await openGarbledWorld(withOwnKeys(box), box.name);
    return {
      async attempt(seed) {
        const broken: string[] = [];
        for (const [i, answer] of fc.sample(garbledAnswers, { seed, numRuns: ANSWERS }).entries()) {
          broken.push(...(await (i === ANSWERS - 1 ? real : world).turn(answer)));
        }
        return { ...SURVIVED, broken: broken.join('; ') };
      },
      async close() {
        await Promise.all([world.close(), real.close()]);
        await box.close();
        await host.remove();
      },
    };
  },
};

/** All tries share the box and are turn 1 to it, yet each command is to run. */
function withOwnKeys({ sandbox }: Box): Box['sandbox'] {
  return {
    ...sandbox,
    run: async (name, command, signal) => {
      return await sandbox.run(name, { ...command, key: crypto.randomUUID() }, signal);
    },
  };
}
