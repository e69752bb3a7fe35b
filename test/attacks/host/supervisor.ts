import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'what answers for the commands is written to',
  expected: 'blocked',
  script:
    () => `for file in $(find /run/steadfast /opt/steadfast 2>/dev/null); do [ -w $file ] && echo GOT $file; done
cat /run/steadfast/calls/* /run/steadfast/environment 2>/dev/null | grep . && echo GOT a record
for folder in / /usr /usr/bin /usr/lib /etc /bin /lib /opt /var /sbin; do [ -w $folder ] && echo GOT $folder; done
true`,
};
