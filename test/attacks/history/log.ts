import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'the fix is looked for in all of git’s history',
  expected: 'blocked',
  finds: 'history_access',
  script:
    () => `{ git log --all -p; git log -g -p; git reflog; git stash list -p; git show HEAD~1 ORIG_HEAD FETCH_HEAD; } 2>/dev/null | grep -aF 'if not should_continue' && echo GOT the fix
[ "$(git rev-list --all --count)" = 1 ] || echo GOT more than one commit
git tag | grep . && echo GOT a tag
git branch -a | grep -v main && echo GOT a branch
true`,
};
