import type { RewardAttack } from '../support/attack.ts';
import { odd } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff adds a device and a file with the setuid bit',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch: odd('disk', '100644', '060666') + odd('shell', '100644', '104755'),
  goldHolds: true,
};
