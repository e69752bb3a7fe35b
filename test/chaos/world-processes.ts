import { join } from 'node:path';
import { loadConfig } from '../../src/config.ts';
import { platformSpecs } from '../../src/local/process-specs.ts';
import type { ProcessSpec } from '../../src/local/supervised-process.ts';
import { ChaosProcess } from './process.ts';

/** What a world's processes are made of. */
export interface ProcessesOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where workers find the Temporal server. */
  readonly address: string;
  /** Homes of the sandbox hosts, by host. */
  readonly homes: ReadonlyMap<string, string>;
  readonly logs: string;
  /** Null for no policy server and no trainer. */
  readonly policyModel: string | null;
  readonly respawn: boolean;
}

/** The embedded platform's processes by name, with a sandbox worker for each host. */
export function processesOf(options: ProcessesOptions): ReadonlyMap<string, ChaosProcess> {
  const { temporal, policy, workers } = platformSpecs(loadConfig(options.env), options.policyModel);
  const servers = [temporal, options.policyModel === null ? null : policy].filter((spec) => spec !== null);
  const wanted = [...servers, ...workers.flatMap((spec) => workersOf(spec, options))];
  return new Map(
    wanted.map((spec) => {
      // The server comes back when a row says so: its absence is a fault of its own.
      const immortal = options.respawn && spec.name !== 'temporal';
      return [spec.name, new ChaosProcess(spec, join(options.logs, `${spec.name}.log`), immortal)];
    }),
  );
}

function workersOf(spec: ProcessSpec, options: ProcessesOptions): readonly ProcessSpec[] {
  if (spec.name === 'trainer' && options.policyModel === null) return [];
  const env = { ...spec.env, TEMPORAL_ADDRESS: options.address };
  if (spec.name !== 'sandbox') return [{ ...spec, env }];
  return [...options.homes].map(([host, home]) => ({
    ...spec,
    name: `sandbox-${host}`,
    env: { ...env, STEADFAST_HOME: home, STEADFAST_HOST: host },
  }));
}
