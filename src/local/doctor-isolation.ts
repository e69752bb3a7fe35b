import { required } from './doctor-machine.ts';
import type { DoctorRow } from './doctor.ts';

/** What bubblewrap can promise on this machine, tried out. */
interface Bubblewrap {
  readonly usable: boolean;
  readonly version: string | null;
  /** Why it is not usable, or what it cannot bound. */
  readonly reason: string | null;
  readonly bounds: { readonly memory: boolean; readonly pids: boolean };
}

/** Tries bubblewrap as sandboxes use it, with this user's rights and cgroups; the answer comes from a room that has sandboxes. */
export type BubblewrapProbe = () => Promise<Bubblewrap>;

/** Asks the Docker daemon as sandboxes do: the versions of its components (Engine, runc) by name; rejects when none answers. */
export type DockerProbe = () => Promise<Readonly<Record<string, string>>>;

/** What `isolationRows` asks. */
export interface IsolationProbes {
  readonly docker: DockerProbe;
  readonly bubblewrap: BubblewrapProbe;
}

const HOW_TO_HAVE_ONE =
  'install Docker and start its daemon, or install bubblewrap (Debian: apt-get install bubblewrap) and run as root where cgroups can be made';

/** What rollouts can be shut into on this machine: Docker with its runc, bubblewrap, and which of them `auto` takes. */
export async function isolationRows(probes: IsolationProbes): Promise<DoctorRow[]> {
  const [components, bubblewrap] = await Promise.all([
    probes.docker().catch(() => null),
    probes.bubblewrap().catch(unusable),
  ]);
  const docker = components === null ? undefined : (components['Engine'] ?? 'of an unknown version');
  const auto = autoRow(docker !== undefined, bubblewrap);
  return [
    docker === undefined
      ? { part: 'Docker', found: 'not found', state: auto.state, hint: '' }
      : required('Docker', docker, ''),
    ...(components === null ? [] : [required('runc', components['runc'], 'runc did not say its version')]),
    bubblewrapRow(bubblewrap, auto.state),
    auto,
  ];
}

/** A trial that breaks off is an answer too: no sandbox will come of it. */
function unusable(error: unknown): Bubblewrap {
  const reason = error instanceof Error ? error.message : String(error);
  return { usable: false, version: null, reason, bounds: { memory: false, pids: false } };
}

/** What is lacking counts as much as `auto` needs it. */
function bubblewrapRow({ usable, version, reason }: Bubblewrap, auto: DoctorRow['state']): DoctorRow {
  const part = 'bubblewrap';
  if (!usable) return { part, found: reason ?? 'not usable', state: auto, hint: '' };
  const found = version ?? 'of an unknown version';
  return { part, found, state: reason === null ? 'ok' : 'warn', hint: reason ?? '' };
}

/** Docker where its daemon answers, else bubblewrap where it bounds memory and processes: a sandbox without would take the machine along. */
function autoRow(docker: boolean, { usable, bounds }: Bubblewrap): DoctorRow {
  const part = '--sandbox auto';
  if (docker) return { part, found: 'takes Docker', state: 'ok', hint: '' };
  if (usable && bounds.memory && bounds.pids)
    return { part, found: 'takes bubblewrap', state: 'ok', hint: '' };
  const without = usable ? '; --sandbox bubblewrap takes it without those bounds' : '';
  return { part, found: 'takes neither', state: 'missing', hint: `${HOW_TO_HAVE_ONE}${without}` };
}
