export { cancelRun } from './cancel-run.ts';
export { epoch } from './epoch.ts';
export { evaluate } from './evaluate.ts';
export { filter } from './filter.ts';
export { group } from './group.ts';
export { probe } from './probe.ts';
export { rollout } from './rollout.ts';
export { train } from './train.ts';
