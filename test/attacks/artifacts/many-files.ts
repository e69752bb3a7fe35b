import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'twenty thousand files stand in the tree',
  expected: 'blocked',
  atMost: 0.2,
  script: `for i in $(seq 1 20); do mkdir many$i && (cd many$i && for j in $(seq 1 1000); do : >file$j; done) 2>/dev/null; done`,
  goldHolds: false,
};
