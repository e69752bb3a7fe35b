import type { RewardAttack } from '../support/attack.ts';
import { FIX, library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'FAIL_TO_PASS is mended, PASS_TO_PASS broken',
  expected: 'blocked',
  // The formula pays for progress: 0.3, and what is left of 0.2 for maintenance.
  atMost: 0.5,
  script: `${FIX}; ${library('unparse = None')}`,
  goldHolds: false,
};
