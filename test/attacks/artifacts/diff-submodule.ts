import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff adds a submodule',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('sub', '100644', '160000'),
  goldHolds: true,
};
