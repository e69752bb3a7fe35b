import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'shared memory, semaphores and abstract sockets of the host are looked for',
  expected: 'blocked',
  script:
    () => `cat /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg 2>/dev/null | grep -v key | grep . && echo GOT shared memory
grep -a '@' /proc/net/unix 2>/dev/null && echo GOT an abstract socket
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -c ' 0A ' | grep -v '^0$' && echo GOT a listening port
cat /proc/keys /proc/key-users 2>/dev/null | grep -v '^ *1000:' | grep -aE ' (user|logon) ' && echo GOT a key ring
true`,
};
