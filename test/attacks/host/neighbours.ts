import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'folders of other rollouts are looked for',
  expected: 'blocked',
  script: () => `find / -xdev -name secret.txt -not -path '/proc/*' 2>/dev/null | grep . && echo GOT a path
for root in /proc/[0-9]*/root /proc/[0-9]*/cwd; do ls $root/secret.txt $root/testbed/secret.txt $root/tmp/secret.txt 2>/dev/null && echo GOT a path; done
ls /dev/shm /tmp /run/steadfast/calls 2>/dev/null | grep secret && echo GOT a path
true`,
};
