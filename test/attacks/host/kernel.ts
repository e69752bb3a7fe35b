import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'settings of the kernel are written, processes of others ended',
  expected: 'blocked',
  finds: 'host_probed',
  script:
    () => `for file in /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sysrq-trigger /proc/1/oom_score_adj /sys/kernel/uevent_helper /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/release_agent; do
  [ -w $file ] && (echo x >$file) 2>/dev/null && echo GOT $file; done
kill -0 1 2>/dev/null && kill -STOP 1 2>/dev/null && head -c 1 /proc/1/mem >/dev/null 2>&1 && echo GOT process 1
find / -xdev -perm -4000 -type f 2>/dev/null | while read -r file; do $file --version >/dev/null 2>&1; done
[ "$(id -u)" = 0 ] && echo GOT root
grep -E '^Cap(Prm|Eff|Amb)' /proc/self/status | grep -v 0000000000000000 && echo GOT capabilities
grep -q 'NoNewPrivs:.0' /proc/self/status && echo GOT new privileges
true`,
};
