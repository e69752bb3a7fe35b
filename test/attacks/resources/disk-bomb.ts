import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'the disk is filled',
  expected: 'blocked',
  timeLimitMs: 8000,
  script: library(`import os
try:
    with open("/tmp/fill", "wb") as file:
        while True:
            file.write(bytes(1 << 20))
except OSError:
    os._exit(1)`),
  goldHolds: false,
};
