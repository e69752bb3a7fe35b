import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a sparse file of 8 TB stands in the tree',
  expected: 'blocked',
  script: `truncate -s 8T large.bin || truncate -s 100G large.bin`,
  goldHolds: false,
};
