import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Info } from '@temporalio/activity';

/** An activity's surroundings without a server or a log; `run` keeps the activity's types. */
export function activityEnvironment(info: Partial<Info> = {}) {
  const environment = new MockActivityEnvironment(info, {
    logger: new DefaultLogger('ERROR', () => undefined),
  });
  return {
    environment,
    async run<I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> {
      return (await environment.run(async (given: I) => await activity(given), input)) as O;
    },
  };
}
