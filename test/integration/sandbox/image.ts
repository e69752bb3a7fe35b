import type Docker from 'dockerode';
import { tarOf } from '../../../src/adapters/sandbox/docker/tar.ts';

/** Builds an image from a Dockerfile's lines and a few files beside it, without a network. */
export async function buildImage(
  docker: Docker,
  image: string,
  dockerfile: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const all = Object.entries({ ...files, Dockerfile: dockerfile.join('\n') });
  const context = tarOf(new Map(all.map(([name, text]) => [name, Buffer.from(text)])));
  const built = await docker.buildImage(context as unknown as NodeJS.ReadableStream, {
    t: image,
    networkmode: 'none',
  });
  await new Promise((resolve, reject) => {
    docker.modem.followProgress(built, (error, output: readonly { readonly error?: string }[]) => {
      const failed = error?.message ?? output.find((event) => event.error !== undefined)?.error;
      return failed === undefined ? resolve(output) : reject(new Error(failed));
    });
  });
}
