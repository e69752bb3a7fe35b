import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a binary diff inflates to 1 GB',
  expected: 'flagged',
  finds: 'forbidden_path',
  patch:
    'diff --git a/x b/x\nnew file mode 100644\nindex 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111\nGIT binary patch\nliteral 1073741824\nIcmZPo000310\n\nliteral 0\nHcmV?d00001\n\n',
  goldHolds: false,
};
