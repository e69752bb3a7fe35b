import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { LABELS } from '../../../src/adapters/sandbox/docker/container.ts';
import { optionsFor } from '../../integration/sandbox/host.ts';
import { type Events, activitiesOf, activityRecovery } from '../histories.ts';
import type { Row, RowSession } from '../row.ts';
import { type Injected, type Scene, runRow } from '../session.ts';
import { OwnDockerd } from '../support/own-dockerd.ts';

const IN_DOCKER = { run: { sandbox: 'docker' } } as const;
const TIGHT_BYTES = 128 << 20;

/** Docker failing under rollouts: they go on from their last snapshots. */
export const dockerRows: readonly Row[] = [
  {
    name: 'docker-daemon-killed',
    title: 'dockerd killed and restarted',
    tries: 30,
    short: 1,
    open: openOwnDaemon,
  },
  runRow({
    name: 'docker-container-lost',
    title: 'a container killed, removed, or its first process out of memory',
    tries: 100,
    short: 2,
    world: IN_DOCKER,
    inject: hurt,
  }),
];

async function openOwnDaemon(): Promise<RowSession> {
  const before = process.env['DOCKER_HOST'];
  const daemon = await OwnDockerd.start(optionsFor('').baseImage ?? '');
  // Workers and checks find their daemon by it.
  process.env['DOCKER_HOST'] = daemon.host;
  const end = async () => {
    if (before === undefined) delete process.env['DOCKER_HOST'];
    else process.env['DOCKER_HOST'] = before;
    await daemon.close();
  };
  try {
    const inject = async (scene: Scene) => await restart(scene, daemon);
    const name = 'docker-daemon-killed';
    const session = await runRow({ name, title: '', tries: 0, short: 0, world: IN_DOCKER, inject }).open();
    return { attempt: session.attempt.bind(session), close: async () => await closeBoth(session, end) };
  } catch (error) {
    await end();
    throw error;
  }
}

async function closeBoth(session: RowSession, end: () => Promise<void>): Promise<void> {
  try {
    await session.close();
  } finally {
    await end();
  }
}

async function restart({ draws, at }: Scene, daemon: OwnDockerd): Promise<Injected> {
  await at(draws.next());
  await daemon.kill();
  await sleep(draws.between(200, 5000));
  await daemon.up();
  return recoveredFrom(Date.now());
}

async function hurt({ run, draws, at }: Scene): Promise<Injected> {
  await at(draws.next());
  const docker = new Docker();
  const filters = { label: [`${LABELS.run}=${run.run}`] };
  const how = draws.pick([killed, removed, outOfMemory]);
  // None before the first opening and after the last closing.
  for (const end = Date.now() + 3000; Date.now() < end; await sleep(50)) {
    const running = await docker.listContainers({ filters });
    const [first, ...others] = running.map(({ Id }) => Id).toSorted();
    if (first === undefined) continue;
    const container = docker.getContainer(draws.pick([first, ...others]));
    // It may be closed in the same moment.
    const done = await how(container).then(
      () => true,
      () => false,
    );
    if (done) return recoveredFrom(Date.now());
  }
  return null;
}

async function killed(container: Docker.Container): Promise<void> {
  await container.kill();
}

async function removed(container: Docker.Container): Promise<void> {
  await container.remove({ force: true });
}

/** Makes the kernel choose the container's first process when another one takes all memory. */
async function outOfMemory(container: Docker.Container): Promise<void> {
  const { State } = await container.inspect();
  await writeFile(`/proc/${State.Pid}/oom_score_adj`, '1000');
  await container.update({ Memory: TIGHT_BYTES, MemorySwap: TIGHT_BYTES });
  const exec = await container.exec({ Cmd: ['tail', '/dev/zero'], User: '0:0' });
  await exec.start({ Detach: true });
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) {
    if (!(await container.inspect()).State.Running) return;
  }
  throw new Error('its first process outlived the want of memory');
}

/** Until the last rollout that was hit had its step under way again, or another sandbox. */
function recoveredFrom(at: number): Injected {
  return (histories) => {
    const waits = [activityRecovery(histories, at), ...histories.map((events) => moveSeconds(events, at))];
    const known = waits.filter((wait) => wait !== null);
    return known.length === 0 ? null : Math.max(...known);
  };
}

/** Until a rollout had its next sandbox; null for one that has kept its own. */
function moveSeconds(events: Events, since: number): number | null {
  const openings = activitiesOf(events).filter(({ name, completed }) => name === 'openSandbox' && completed);
  const next = openings.slice(1).find(({ endedAt }) => endedAt !== null && endedAt > since);
  return next === undefined ? null : ((next.endedAt ?? since) - since) / 1000;
}
