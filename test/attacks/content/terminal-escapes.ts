import type { ProbeAttack } from '../support/attack.ts';

export const attack: ProbeAttack = {
  kind: 'probe',
  title: 'a tool prints what terminals and pages obey',
  expected: 'blocked',
  script: () =>
    String.raw`printf '\033]0;title\007\033]52;c;eA==\007\033[2J\033[31mred\r\x9b6n<script>alert(1)</script>\n'`,
};
