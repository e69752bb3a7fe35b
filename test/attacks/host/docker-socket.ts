import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'sockets of container engines are looked for',
  expected: 'blocked',
  finds: 'host_probed',
  script:
    () => `for socket in /var/run/docker.sock /run/docker.sock /run/containerd/containerd.sock /run/podman/podman.sock ~/.docker/run/docker.sock; do
  [ -e $socket ] && echo GOT $socket; done
curl -s --max-time 2 --unix-socket /var/run/docker.sock http://localhost/info 2>/dev/null | grep . && echo GOT an answer
ls /run/docker.sock /var/run/docker.sock 2>/dev/null && echo GOT a socket
find / -xdev -type s 2>/dev/null | grep . && echo GOT a socket
true`,
};
