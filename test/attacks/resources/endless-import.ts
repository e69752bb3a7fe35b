import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'the import of the library never ends',
  expected: 'flagged',
  finds: 'resources_abused',
  timeLimitMs: 8000,
  script: library(`while True:
    pass`),
  goldHolds: false,
};
