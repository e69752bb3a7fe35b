import { SteadfastError } from '../domain/failures.ts';
import { fileSafe } from '../domain/ids.ts';
import { imagesOf } from '../domain/needed-images.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Datasets } from '../ports/datasets.ts';
import { parsePullConfig } from '../schemas/pull-config.ts';
import type { ImageListActivities } from './contract-images.ts';
import { heartbeatWhile } from './heartbeat.ts';

/** The activity that makes a plan of what a person asked `pullImages` for. */
export function createPlanPullsActivity(deps: {
  readonly artifacts: Artifacts;
  readonly datasets: Datasets;
  /** The host that pulls where an input names none. */
  readonly host: string;
}): ImageListActivities {
  const { artifacts, datasets, host } = deps;

  return {
    async planPulls({ input }) {
      return await heartbeatWhile(async (signal) => {
        const config = parsePullConfig(input);
        const { data, selection, seed } = config;
        const page = await datasets.load({ data, selection, seed, requireNonZeroTests: false }, signal);
        const { images, instances, withoutImage } = imagesOf(page.instances);
        if (images.length === 0) {
          const message = `None of the ${withoutImage} instances of ${data} runs in an image of its own: there is nothing to pull`;
          throw new SteadfastError('Instance.Invalid', message);
        }
        return {
          data,
          host: fileSafe(config.host ?? host),
          list: { ref: await artifacts.putJson(images), count: images.length },
          instances,
          withoutImage,
          ratePerHour: config.ratePerHour,
          atOnce: config.atOnce,
          budgetBytes: config.budgetBytes,
        };
      });
    },
  };
}
