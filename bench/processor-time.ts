import { readFileSync } from 'node:fs';
import type { ChaosWorld } from '../test/chaos/world.ts';

/** Linux counts a process's time in hundredths of a second (proc(5), `_SC_CLK_TCK`). */
const TICKS_A_SECOND = 100;

/** What each process of a world, and the whole host, have used of the processors, over the restarts of a long run. */
export class ProcessorTime {
  readonly #looks: { readonly at: number; readonly used: ReadonlyMap<string, number> }[] = [];
  readonly #last = new Map<string, { readonly pid: number; readonly ticks: number }>();
  readonly #used = new Map<string, number>();

  /** Adds what was used since the last look; a process that ended meanwhile takes what it used since with it. */
  look(world: ChaosWorld): void {
    for (const name of world.names) {
      const { pid } = world.process(name);
      const ticks = pid === null ? null : ticksOf(pid);
      if (pid === null || ticks === null) continue;
      const last = this.#last.get(name);
      const since = last?.pid === pid ? ticks - last.ticks : ticks;
      this.#used.set(name, (this.#used.get(name) ?? 0) + since / TICKS_A_SECOND);
      this.#last.set(name, { pid, ticks });
    }
    this.#used
      .set('host', hostTicks('busy') / TICKS_A_SECOND)
      .set('stolen', hostTicks('stolen') / TICKS_A_SECOND);
    this.#looks.push({ at: Date.now(), used: new Map(this.#used) });
  }

  /** `name 12.3, name 4.5`: seconds that each process used between two times in milliseconds. */
  between(from: number, to: number): string {
    const before = this.#looks.findLast(({ at }) => at <= from)?.used;
    const after = this.#looks.findLast(({ at }) => at <= to)?.used;
    return [...(after ?? [])]
      .map(([name, used]) => `${name} ${(used - (before?.get(name) ?? 0)).toFixed(1)}`)
      .join(', ');
  }
}

/** User and system time of a process and of its children that have ended; null when it is gone. */
function ticksOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  } catch {
    return null;
  }
}

/** What the host worked, or what its hypervisor kept from it, since it started. */
function hostTicks(what: 'busy' | 'stolen'): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return what === 'stolen' ? steal : user + nice + system + irq + softirq;
}
