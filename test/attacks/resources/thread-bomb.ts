import type { RewardAttack } from '../support/attack.ts';
import { library } from '../support/scripts.ts';

export const attack: RewardAttack = {
  kind: 'reward',
  title: 'threads until there are no more',
  expected: 'flagged',
  finds: 'resources_abused',
  timeLimitMs: 8000,
  script: library(`import threading, time
while True:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        time.sleep(60)`),
  goldHolds: false,
};
