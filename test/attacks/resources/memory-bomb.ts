import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'memory until there is none',
  expected: 'flagged',
  finds: 'resources_abused',
  timeLimitMs: 8000,
  script: library(`held = []
while True:
    held.append(bytearray(b"x" * (16 << 20)))`),
  goldHolds: false,
};
