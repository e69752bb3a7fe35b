import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff adds links that lead out, one by a way that turns',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch:
    odd('out', '100644', '120000').replace('x = 1', '/etc') +
    odd('turn', '100644', '120000').replace('x = 1', 'tests/../../etc'),
  goldHolds: true,
};
