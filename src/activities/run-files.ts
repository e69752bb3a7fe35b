import { stepName } from '../domain/ids.ts';
import type { Artifacts } from '../ports/artifacts.ts';

/** Where a group's record stands in its run's folder. */
export function groupPath(group: number): string {
  return `groups/g-${String(group).padStart(6, '0')}.json`;
}

/** Where the metrics of a step stand in their run's folder. */
export function stepPath(step: number): string {
  return `steps/${stepName(step)}.json`;
}

/** Derives groups.jsonl and metrics.jsonl whole from a run's files: an append would be doubled by a retry. */
export async function deriveLines(artifacts: Artifacts, run: string): Promise<void> {
  for (const [folder, file] of [
    ['groups', 'groups.jsonl'],
    ['steps', 'metrics.jsonl'],
  ] as const) {
    const lines: string[] = [];
    for (const path of await artifacts.listRunFiles(run, folder)) {
      const text = await artifacts.readRunFile(run, `${folder}/${path}`);
      if (text !== null) lines.push(`${text.trim()}\n`);
    }
    await artifacts.writeRunFile(run, file, lines.join(''));
  }
}
