import type { Config } from '../config.ts';
import { lockHash, toolPaths } from './setup/paths.mjs';
import { isStamped } from './setup/stamp.mjs';

/**
 * Where the policy server is: at an address that the user named, among the platform's processes, or nowhere, since set-up
 * left its Python environment out.
 */
export type PolicyPlace = 'elsewhere' | 'here' | 'nowhere';

/** Finds out where the policy server is, or would be if the platform came up now. */
export function policyPlace({
  policyElsewhere,
  cache,
}: Pick<Config, 'policyElsewhere' | 'cache'>): PolicyPlace {
  if (policyElsewhere) return 'elsewhere';
  const { trainerLock, trainerEnv } = toolPaths(cache);
  return isStamped(trainerEnv, lockHash(trainerLock)) ? 'here' : 'nowhere';
}
