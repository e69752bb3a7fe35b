import { fileURLToPath } from 'node:url';
import type { ProbeAttack } from '../support/attack.ts';

/** The folder that the suite itself runs from: of all paths of the host, one that is surely there. */
const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'files of the host are looked for by their path',
  expected: 'blocked',
  script: ({
    folder,
  }) => `ls -d ${folder} ${folder}/secret.txt /root/.cache '${CHECKOUT}' /home/* 2>/dev/null | grep -v '^/home/agent$' && echo GOT a path
cat ${folder}/secret.txt 2>/dev/null | grep . && echo GOT a secret
true`,
};
