import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'files until there are no more',
  expected: 'blocked',
  timeLimitMs: 8000,
  script: library(`import os
try:
    for i in range(10 ** 7):
        open("/tmp/f%d" % i, "w").close()
except OSError:
    os._exit(1)`),
  goldHolds: false,
};
