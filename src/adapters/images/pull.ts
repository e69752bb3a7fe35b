import type Docker from 'dockerode';
import type { AuthConfigObject } from 'dockerode';
import { SteadfastError } from '../../domain/failures.ts';
import { platformOf } from '../../domain/image-name.ts';
import type { PullState } from '../../ports/images.ts';
import { PullBrokeOff } from './pull-failure.ts';

/** A daemon that says nothing of a pull for this long gets nothing from the registry any more. */
const STALLED_MS = 5 * 60_000;

/** A line of what a daemon tells of a pull. */
interface PullEvent {
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number };
}

/** Has the daemon pull an image and follows it to the end. */
export async function pullFromRegistry(
  docker: Docker,
  name: string,
  auth: AuthConfigObject | null,
  onState: (state: PullState) => void,
): Promise<void> {
  const platform = platformOf(name);
  const layers = new Layers();
  const stalled = Promise.withResolvers<never>();
  const giveUp = () => {
    const message = `Nothing was heard of the pull of ${name} for ${STALLED_MS / 60_000} minutes`;
    stalled.reject(new SteadfastError('Sandbox.Unavailable', message));
  };
  let timer = setTimeout(giveUp, STALLED_MS);
  const heard = (event: PullEvent) => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, STALLED_MS);
    layers.note(event);
    onState(layers.state);
  };
  let stream: NodeJS.ReadableStream | null = null;
  try {
    const options = {
      ...(auth === null ? {} : { authconfig: auth }),
      ...(platform === null ? {} : { platform }),
    };
    stream = await Promise.race([docker.pull(name, options), stalled.promise]);
    await Promise.race([follow(docker, stream, heard), stalled.promise]);
  } catch (error) {
    // The daemon ends a pull that nobody listens to.
    if (stream !== null && 'destroy' in stream && typeof stream.destroy === 'function') stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function follow(
  docker: Docker,
  stream: NodeJS.ReadableStream,
  heard: (event: PullEvent) => void,
): Promise<void> {
  const events = await new Promise<readonly PullEvent[]>((resolve, reject) => {
    docker.modem.followProgress(
      stream,
      (error, all: readonly PullEvent[]) => (error === null ? resolve(all) : reject(error)),
      heard,
    );
  });
  const failed = events.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new PullBrokeOff(failed.error);
}

/** The layers of a pull by what was said of each. */
class Layers {
  private readonly layers = new Map<string, { done: boolean; bytes: number }>();

  note({ id, status = '', progressDetail }: PullEvent): void {
    // The first line names the tag in the place of a layer.
    if (id === undefined || status.startsWith('Pulling from')) return;
    const layer = this.layers.get(id) ?? { done: false, bytes: 0 };
    this.layers.set(id, layer);
    layer.done = status === 'Pull complete' || status === 'Already exists';
    if (status === 'Downloading') layer.bytes = progressDetail?.current ?? layer.bytes;
  }

  get state(): PullState {
    const all = [...this.layers.values()];
    return {
      layers: all.length,
      layersDone: all.filter(({ done }) => done).length,
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    };
  }
}
