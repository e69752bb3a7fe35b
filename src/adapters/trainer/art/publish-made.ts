import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunOpening } from '../../../domain/run-opening.ts';
import { publish } from '../checkpoints.ts';
import type { ArtModel, ArtServer } from './server.ts';

/** Publishes a step whose weights stay with ART: where it is sampled, what it was made of, and what ART said of it. */
export async function publishMade(
  at: { readonly server: ArtServer; readonly model: ArtModel; readonly opening: RunOpening },
  step: number,
  madeOf: object,
  metrics: Readonly<Record<string, number>>,
): Promise<void> {
  const { run, baseModel, checkpointDir: root } = at.opening;
  const { apiBase, model, isVersioned } = await at.server.sampledAt(at.model, step);
  await publish(root, step, async (draft) => {
    await writeFile(join(draft, 'metrics.json'), `${JSON.stringify(metrics)}\n`);
    await writeFile(join(draft, 'timings.json'), '{}\n');
    const sampled_at = { api_base: apiBase, model, versioned: isVersioned };
    return { format: 1, run, base_model: baseModel, step, ...madeOf, sampled_at };
  });
}
