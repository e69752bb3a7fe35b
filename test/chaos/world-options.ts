import type { ScriptedOptions } from '../support/scripted-endpoint.ts';
import type { RunInput } from './run-input.ts';

/** What differs from world to world. */
export interface WorldOptions {
  /** Names of the sandbox hosts: each has a worker and a home of its own, all one store. */
  readonly hosts?: readonly [string, ...string[]];
  /** Starts a policy server with this model, and the trainer's worker. */
  readonly policyModel?: string;
  /** Whether a process that dies is started again at once; true unless given. */
  readonly respawn?: boolean;
  /** How the scripted model answers; it counts, four turns long, unless given. */
  readonly endpoint?: ScriptedOptions;
  /** Whether workers reach the Temporal server through a proxy. */
  readonly proxied?: boolean;
  /** Variables of the workers' environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Data file of its runs; examples/train.jsonl unless given. */
  readonly data?: string;
  /** Fields of every run of this world. */
  readonly run?: RunInput;
}
