import { createServer } from 'node:net';
import type { Config } from '../config.ts';
import { policyPlace } from './policy-place.ts';

/** A port that the platform wants. */
export interface WantedPort {
  readonly port: number;
  readonly use: string;
  readonly variable: string;
}

/** The ports of the embedded platform, each with the variable that changes it. */
export function wantedPorts(
  config: Pick<
    Config,
    'temporalPort' | 'uiPort' | 'policyPort' | 'temporalAddress' | 'policyElsewhere' | 'cache'
  >,
): WantedPort[] {
  const temporal = [
    { port: config.temporalPort, use: 'the Temporal server', variable: 'STEADFAST_TEMPORAL_PORT' },
    { port: config.uiPort, use: 'the Temporal Web UI', variable: 'STEADFAST_UI_PORT' },
  ];
  const policy = { port: config.policyPort, use: 'the policy server', variable: 'STEADFAST_POLICY_PORT' };
  return [
    ...(config.temporalAddress === null ? temporal : []),
    ...(policyPlace(config) === 'here' ? [policy] : []),
  ];
}

/** Throws one message that names every wanted port that something else listens on. */
export async function requireFreePorts(wanted: readonly WantedPort[]): Promise<void> {
  const busy: string[] = [];
  for (const { port, use, variable } of wanted) {
    if (await isFree(port)) continue;
    busy.push(
      `port ${port}, wanted for ${use}, is taken by another program: end it, or set ${variable} to a free one`,
    );
  }
  if (busy.length > 0) throw new Error(busy.join('\n'));
}

/** Whether nothing listens on a port of this machine. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
