import type { ProbeAttack } from '../support/attack.ts';

/** /usr is left out: with bubblewrap it is the host's, whose packages are no doing of ours. */
export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'a sound copy of the project is looked for on the disk, system packages apart',
  expected: 'blocked',
  script:
    () => `find / -path /proc -prune -o -path /usr -prune -o -path /testbed -prune -o -name '*xmltodict*' -print 2>/dev/null | grep . && echo GOT a copy
find /testbed -name '*.pyc' | grep . && echo GOT bytecode
(cd / && /opt/steadfast/env/bin/python -I -c 'import xmltodict; print("GOT a copy", xmltodict)' 2>/dev/null)
grep -aF 'if not should_continue' -r /testbed --include='*.txt' --include='*.orig' --include='*.rej' && echo GOT a remainder
true`,
};
