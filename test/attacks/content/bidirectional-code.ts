import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'code reads otherwise than it runs, by bidirectional controls',
  expected: 'blocked',
  script: library('name = "a\u202e\u2066 # nothing \u2069\u2066"'),
  goldHolds: true,
};
