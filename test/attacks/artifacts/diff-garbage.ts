import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a diff that is none',
  expected: 'blocked',
  patch: '--- \n+++ \n@@ -1 +1 @@\n\u0000\u0000\ndiff --git\nGIT binary patch\nliteral 99\n',
  goldHolds: false,
};
