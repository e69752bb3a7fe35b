import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff writes to ../',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('x.py', 'x.py', '../../tmp/x.py'),
  goldHolds: true,
};
