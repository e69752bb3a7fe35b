import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'the fix is looked for in packed, loose and dangling objects',
  expected: 'blocked',
  finds: 'history_access',
  script:
    () => `git cat-file --batch-all-objects --batch | grep -aF 'if not should_continue' && echo GOT the fix
git fsck --lost-found --unreachable 2>/dev/null | grep -E 'dangling|unreachable' && echo GOT an object
find .git -name '*.idx' -o -name '*.bitmap' -o -name 'ORIG_HEAD' -o -name 'packed-refs' | xargs grep -lF 'if not should_continue' 2>/dev/null && echo GOT the fix
true`,
};
