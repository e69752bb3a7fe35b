import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'files of the host are looked for by their path',
  expected: 'blocked',
  script: ({
    folder,
  }) => `ls -d ${folder} ${folder}/secret.txt /root/.cache /work /home/* 2>/dev/null | grep -v '^/home/agent$' && echo GOT a path
cat ${folder}/secret.txt 2>/dev/null | grep . && echo GOT a secret
true`,
};
