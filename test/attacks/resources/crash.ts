import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'the interpreter crashes',
  expected: 'blocked',
  script: library(`import ctypes
ctypes.string_at(0)`),
  goldHolds: false,
};
