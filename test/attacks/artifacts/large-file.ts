import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a file as large as the disk stands in the tree',
  expected: 'blocked',
  script: `head -c 1G /dev/urandom >large.bin`,
  goldHolds: false,
};
