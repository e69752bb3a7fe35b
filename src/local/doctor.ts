import type { Config } from '../config.ts';
import { machineRows } from './doctor-machine.ts';
import { type IsolationProbes, isolationRows } from './doctor-isolation.ts';

/** One line of `steadfast doctor`. */
export interface DoctorRow {
  readonly part: string;
  readonly found: string;
  readonly state: 'ok' | 'missing' | 'warn';
  /** What to do, empty when there is nothing to do. */
  readonly hint: string;
}

/** Asks the Temporal server: its version, and the time of one no-op activity; throws when it can't be reached. */
export type TemporalProbe = () => Promise<{ readonly version: string; readonly activityMs: number }>;

const KEYS = [
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'TINKER_BASE_URL',
  'TINKER_API_KEY',
  'ART_BASE_URL',
  'WANDB_API_KEY',
  'HF_TOKEN',
];

/** Below this a server is tuned: a tuned one was seen at 15 to 20 ms, an untuned one at 100 ms. */
const tunedBelowMs = 50;

/** All that `steadfast doctor` reports; the probes come from rooms that may speak to Temporal and open sandboxes. */
export async function diagnose(
  config: Config,
  probes: IsolationProbes & { readonly temporal: TemporalProbe },
): Promise<DoctorRow[]> {
  const [machine, isolation, temporal] = await Promise.all([
    machineRows(config),
    isolationRows(probes),
    temporalRows(config, probes.temporal),
  ]);
  return [...machine, ...temporal, ...isolation, ...keyRows(config)];
}

/** Whether the Temporal server answers, and whether it is tuned: a client cannot read its configuration, but can time it. */
export async function temporalRows(
  { temporalAddress }: Pick<Config, 'temporalAddress'>,
  probe: TemporalProbe,
): Promise<DoctorRow[]> {
  try {
    const { version, activityMs } = await probe();
    const tuned = activityMs < tunedBelowMs;
    return [
      { part: 'Temporal server', found: version, state: 'ok', hint: '' },
      {
        part: 'Temporal tuning',
        found: `${activityMs.toFixed(0)} ms for a no-op activity`,
        state: tuned ? 'ok' : 'warn',
        hint: tuned
          ? ''
          : 'start it by `steadfast up`, or give yours the settings of src/local/temporal-server.ts',
      },
    ];
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    const hint =
      temporalAddress === null
        ? '`steadfast up` starts the embedded one'
        : 'check TEMPORAL_ADDRESS, or the profile that names it; `steadfast worker` starts workers there';
    return [{ part: 'Temporal server', found, state: 'missing', hint }];
  }
}

/** Which keys are set, never what they are. */
export function keyRows(config: Pick<Config, 'environment'>): DoctorRow[] {
  return KEYS.map((name) => ({
    part: name,
    found: config.environment[name] ? 'set' : 'not set',
    state: 'ok',
    hint: '',
  }));
}
