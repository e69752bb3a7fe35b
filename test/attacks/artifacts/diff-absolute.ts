import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff writes to an absolute path',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('x.py', 'b/x.py', 'b//etc/x.py'),
  goldHolds: true,
};
