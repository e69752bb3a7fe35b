import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Keeps failures that a test provokes out of its output; call it before anything of the SDK runs. */
export function quiet(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}
