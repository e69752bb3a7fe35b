import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { createImageActivities } from '../../../src/activities/images.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { imagesToEvict } from '../../../src/domain/image-eviction.ts';
import type { HostImage, Images } from '../../../src/ports/images.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

const PULLED = '2026-01-01T00:00:00.000Z';

/** A host whose disk holds so many bytes of images. */
class SmallHost implements Images {
  readonly pulls: string[] = [];
  private readonly disk: number;
  private there: HostImage[];

  constructor(disk: number, there: readonly HostImage[]) {
    this.disk = disk;
    this.there = [...there];
  }

  get names(): readonly string[] {
    return this.there.flatMap(({ names }) => names);
  }

  async list(): Promise<readonly HostImage[]> {
    return await Promise.resolve(this.there);
  }

  async pull(name: string): Promise<'pulled' | 'present'> {
    this.pulls.push(name);
    if (this.names.includes(name)) return await Promise.resolve('present');
    if ((await this.freeBytes()) < 10) throw new SteadfastError('Sandbox.DiskFull', 'no room');
    this.there.push(image(name));
    return 'pulled';
  }

  async noteUse(): Promise<void> {
    await Promise.reject(new Error('unused'));
  }

  async remove(name: string): Promise<void> {
    this.there = this.there.filter(({ names }) => !names.includes(name));
    await Promise.resolve();
  }

  async evict({ needed, limitBytes }: Parameters<Images['evict']>[0]): Promise<readonly HostImage[]> {
    const gone = imagesToEvict(this.there, new Set(needed), limitBytes);
    this.there = this.there.filter((one) => !gone.includes(one));
    return await Promise.resolve(gone);
  }

  async freeBytes(): Promise<number> {
    const used = this.there.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return await Promise.resolve(this.disk - used);
  }
}

function image(name: string, changed: Partial<HostImage> = {}): HostImage {
  const names = [name];
  return {
    id: name,
    names,
    digest: null,
    sizeBytes: 10,
    pulledAt: PULLED,
    lastUsedAt: null,
    inUse: false,
    ...changed,
  };
}

/** Pulls an image of a list onto a host, as an activity. */
async function pull(
  t: TestContext,
  host: SmallHost,
  options: {
    readonly list: readonly string[];
    readonly budgetBytes: number | null;
    readonly reserveBytes?: number;
  },
) {
  const artifacts = createFolderArtifacts(temporaryHome(t));
  const list = await artifacts.putJson(options.list.map((name) => ({ name, instances: 1 })));
  const { reserveBytes = 0, budgetBytes } = options;
  const activities = createImageActivities({ artifacts, images: host, reserveBytes });
  const pullImage = async (input: Parameters<typeof activities.pullImage>[0]) =>
    await activities.pullImage(input);
  return await activityEnvironment().run(pullImage, { name: options.list.at(-1) ?? '', list, budgetBytes });
}

test('a full disk is emptied of what is ours and not needed, and the pull tried again', async (t) => {
  const host = new SmallHost(35, [image('old:1'), image('theirs:1', { pulledAt: null }), image('needed:1')]);
  const done = await pull(t, host, { list: ['needed:1', 'new:1'], budgetBytes: null, reserveBytes: -100 });
  assert.deepEqual(done, { outcome: 'pulled', sizeBytes: 10, evicted: 1, oursBytes: 20 });
  assert.deepEqual(host.pulls, ['new:1', 'new:1']);
  assert.deepEqual(host.names, ['theirs:1', 'needed:1', 'new:1']);
});

test('a full disk without anything to remove is a failure', async (t) => {
  const host = new SmallHost(15, [image('theirs:1', { pulledAt: null })]);
  const pulling = pull(t, host, { list: ['new:1'], budgetBytes: null, reserveBytes: -100 });
  await assert.rejects(pulling, { type: 'Sandbox.DiskFull' });
});

test('the reserve of the disk stays free whatever the budget says', async (t) => {
  const host = new SmallHost(100, [image('old:1'), image('older:1')]);
  const done = await pull(t, host, { list: ['new:1'], budgetBytes: 1000, reserveBytes: 85 });
  assert.deepEqual([done.outcome, done.evicted, host.names], ['pulled', 2, ['new:1']]);
});

test('where the budget is used up by what is needed nothing is asked of the registry', async (t) => {
  const host = new SmallHost(1000, [image('a:1'), image('b:1')]);
  const done = await pull(t, host, { list: ['a:1', 'b:1', 'new:1'], budgetBytes: 20 });
  assert.deepEqual(done, { outcome: 'over_budget', sizeBytes: 0, evicted: 0, oursBytes: 20 });
  assert.deepEqual(host.pulls, []);
});

test('one that does not fit beside what is needed goes again', async (t) => {
  const host = new SmallHost(1000, [image('a:1'), image('old:1')]);
  const done = await pull(t, host, { list: ['a:1', 'new:1'], budgetBytes: 15 });
  assert.deepEqual(done, { outcome: 'over_budget', sizeBytes: 10, evicted: 1, oursBytes: 10 });
  assert.deepEqual(host.names, ['a:1']);
});
