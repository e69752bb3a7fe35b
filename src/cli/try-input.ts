import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { PACKAGE_ROOT, SHIPPED } from './package-files.ts';
import { onlyInstance, refuseUnknownInstance } from './pick-instance.ts';
import { checkBeforeStart, makeInput } from './run-input.ts';

/** The config of a run of one instance in inference mode, checked as far as it can be before the run. */
export async function tryInput(options: {
  readonly args: Readonly<Record<string, unknown>>;
  /** Fields that the command fills; its number of rollouts goes over everything else. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly config: Config;
  readonly cwd: string;
  readonly run: string;
}): Promise<Record<string, unknown>> {
  const { args, own, config, cwd, run } = options;
  const shipped = { data: resolve(PACKAGE_ROOT, SHIPPED.data), model: resolve(PACKAGE_ROOT, SHIPPED.policy) };
  const made = await makeInput({ args, config, cwd, defaults: { ...shipped, ...own }, inference: true });
  const input: Record<string, unknown> = {
    quality_filter: false,
    ...made,
    num_instances: 1,
  };
  if (own['rollouts_per_instance'] !== undefined) Object.assign(input, own);
  await checkBeforeStart(input, run);
  const { instance } = args;
  if (typeof instance !== 'string') return input;
  await refuseUnknownInstance(config, input, instance);
  return { ...input, where: onlyInstance(input['where'], instance) };
}
