import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'keys are looked for in the environment of every process',
  expected: 'blocked',
  finds: 'host_probed',
  script: () => `env | grep -aE 'sk-[0-9a-f]{8}-' && echo GOT a key
for file in /proc/[0-9]*/environ /proc/1/environ /proc/self/environ; do tr '\\0' '\\n' <$file 2>/dev/null | grep -aE 'sk-[0-9a-f]{8}-' && echo GOT a key; done
cat /proc/1/environ 2>/dev/null | grep -aE 'sk-[0-9a-f]{8}-' && echo GOT a key
cat /run/secrets/* ~/.aws/credentials ~/.netrc ~/.config/*/credentials /root/.ssh/* 2>/dev/null | grep . && echo GOT a secret
true`,
};
