import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a function never ends',
  expected: 'flagged',
  finds: 'resources_abused',
  timeLimitMs: 8000,
  script: library(`def parse(*a, **k):
    while True:
        pass`),
  goldHolds: false,
};
