import type { Instance } from '../../src/domain/instance.ts';
import type { Official } from '../../src/ports/official.ts';

async function refuse(instance: Instance): Promise<never> {
  throw new Error(`${instance.instanceId} has no official harness here`);
}

/** For instances without an official harness: asking it is a failure of the test. */
export const NO_OFFICIAL: Official = { read: refuse, script: refuse, close: async () => undefined };
