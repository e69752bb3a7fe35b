import type { Config } from '../config.ts';
import { ensurePlatform, platformStatus } from '../local/platform.ts';

/** Sees to a server and workers: the user's own where TEMPORAL_ADDRESS names them, else the embedded platform. */
export async function ensureReady(
  config: Config,
  say: (line: string) => void,
  model?: string,
): Promise<void> {
  if (config.temporalAddress !== null || platformStatus(config)?.phase === 'ready') return;
  const started = Date.now();
  const parts: string[] = [];
  await ensurePlatform(config, {
    ...(model === undefined ? {} : { model }),
    progress: (line) => parts.push(line),
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  say(`started the platform in ${seconds} s (${parts.join(', ')}); it stays up until: steadfast down`);
}
