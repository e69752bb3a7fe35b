import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff writes a name longer than file systems take',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('x.py', 'x.py', `${'d/'.repeat(900)}x.py`),
  goldHolds: true,
};
