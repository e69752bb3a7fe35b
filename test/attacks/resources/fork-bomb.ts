import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a fork bomb',
  expected: 'flagged',
  finds: 'resources_abused',
  timeLimitMs: 8000,
  script: library(`import os
while True:
    try:
        os.fork()
    except OSError:
        pass`),
  goldHolds: false,
};
