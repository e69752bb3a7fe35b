import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'mounts, namespaces and devices are tried',
  expected: 'blocked',
  finds: 'host_probed',
  script: () => `mkdir -p /tmp/m
mount -t tmpfs none /tmp/m 2>/dev/null && echo GOT a mount
mount --bind / /tmp/m 2>/dev/null && echo GOT a mount
mount -o remount,rw / 2>/dev/null && touch /probe 2>/dev/null && echo GOT the root
for space in m p n i u; do unshare -r -$space true 2>/dev/null && echo GOT a namespace $space; done
mknod /tmp/disk b 8 0 2>/dev/null && echo GOT a device
for device in /dev/mem /dev/kmem /dev/kmsg /dev/sda /dev/vda /dev/nvme0n1 /dev/fuse /dev/kvm; do head -c 1 $device >/dev/null 2>&1 && echo GOT $device; done
chroot / true 2>/dev/null && echo GOT a root
nsenter -t 1 -m true 2>/dev/null && echo GOT a namespace
true`,
};
