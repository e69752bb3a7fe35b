import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff writes into .GIT, and into .git with a letter that is not seen',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('x.py', 'x.py', '.GIT/config') + odd('y.py', 'y.py', '.g\u200bit/config'),
  goldHolds: true,
};
