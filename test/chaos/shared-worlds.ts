import { checkWorld } from './invariants.ts';
import type { Row } from './row.ts';
import type { RunRow } from './session.ts';
import type { WorldOptions } from './world-options.ts';
import { ChaosWorld } from './world.ts';

/** Worlds that rows of the same options are tried in, one after the other: starting one takes as long as some tries. */
export class SharedWorlds {
  private readonly worlds = new Map<WorldOptions | undefined, Promise<ChaosWorld>>();

  /** The row, with its sessions in a shared world where it can do with one. */
  share(row: Row): Row {
    return sharesWorld(row) ? { ...row, open: async () => await row.openIn(await this.of(row.world)) } : row;
  }

  /** What is left in them, or broken, now that all runs have ended. */
  async broken(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const starting of this.worlds.values()) found.push(...(await checkWorld(await starting)).broken);
    return found;
  }

  async close(): Promise<void> {
    for (const starting of this.worlds.values()) await (await starting).close();
  }

  private async of(options: WorldOptions | undefined): Promise<ChaosWorld> {
    const started = this.worlds.get(options) ?? ChaosWorld.start(options);
    this.worlds.set(options, started);
    return await started;
  }
}

/** Whether a row can do with a world that others use before and after it. */
export function sharesWorld(row: Row): row is RunRow {
  return 'openIn' in row;
}
