import type Docker from 'dockerode';
import { bounded } from './client.ts';
import type { Layer } from './derived-images.ts';
import { tarOfFolder } from './tar.ts';

/** Whoever knows a path below may take it; nobody but root sees what there is. */
const PASSAGE = 0o711;

/**
 * A way for the agent through /root, where an image's programs lie there by its own PATH, as uv and nvm leave them (R2E-Gym's
 * Python): closed, as Debian and Ubuntu make it, not even the tests would run. Null for any other image.
 */
export function passageLayer(environment: readonly string[]): Layer | null {
  const path = environment.find((line) => line.startsWith('PATH='))?.slice('PATH='.length) ?? '';
  if (!path.split(':').some((folder) => folder.startsWith('/root/'))) return null;
  return { repository: 'steadfast-passage', tag: 'root', put: openRoot };
}

/** An archive of the folder alone changes the mode of the one that is there. */
async function openRoot(container: Docker.Container): Promise<void> {
  await bounded(container.putArchive(tarOfFolder('root/', PASSAGE), { path: '/' }));
}
