import type { RewardAttack } from '../support/attack.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'a repository with hooks, and a submodule, stand in the tree',
  expected: 'blocked',
  script: `git init -q sub; printf '#!/bin/sh\\ntouch /tmp/ran\\n' >sub/.git/hooks/pre-commit; chmod +x sub/.git/hooks/*; (cd sub; git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x)
git add sub 2>/dev/null; printf '[submodule "sub"]\\npath = sub\\nurl = ext::sh -c touch% /tmp/ran\\n' >.gitmodules`,
  goldHolds: true,
};
