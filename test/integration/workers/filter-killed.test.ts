import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PlatformWorld } from '../../support/platform-world.ts';

const DATA = fileURLToPath(new URL('../../../examples/unseen.jsonl', import.meta.url));
/** Enough to be half-way when the platform is down, which takes seconds; each is run five times. */
const COUNT = 6;
const LINES = readFileSync(DATA, 'utf8').trim().split('\n').slice(0, COUNT);
const IDS = LINES.map((line) => String((JSON.parse(line) as Record<string, unknown>)['instance_id']));
const NAME = 'killed';

suite('a filter whose worker, command and platform die', { timeout: 1_200_000 }, () => {
  let world: PlatformWorld;
  before(async () => {
    world = await PlatformWorld.start();
    writeFileSync(join(world.home, 'data.jsonl'), LINES.join('\n'));
  });
  after(async () => await world.stop());

  test('judges no instance twice', async () => {
    const sandbox = ['--sandbox', 'bubblewrap', '--concurrency', '1', '--flake-chance', '0.5'];
    const command = [
      'filter',
      '--data',
      join(world.home, 'data.jsonl'),
      '--name',
      NAME,
      '--json',
      ...sandbox,
    ];
    const first = world.spawn(command);
    await judged(1);
    await world.kill('sandbox');
    first.end();
    await first.ended;
    await judged(2);
    // The whole platform goes, and the same command brings it up and finds its filter.
    const down = await world.steadfast(['down']);
    assert.equal(down.code, 0, down.stderr);
    const { code, stdout, stderr } = await world.steadfast(command);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /attached to killed/);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(
      records.slice(0, -1).map((record) => [record['instance_id'], record['verdict']]),
      IDS.map((id) => [id, 'accept']),
    );
    for (const id of IDS) {
      const shown = await world.temporal('workflow', 'show', '-w', `${NAME}/judge/${id}`, '-o', 'json');
      const { events } = JSON.parse(shown) as { events: { eventType: string }[] };
      const completions = events.filter((event) => event.eventType.endsWith('ACTIVITY_TASK_COMPLETED'));
      assert.equal(completions.length, 1, `${id}: ${events.map((event) => event.eventType).join(' ')}`);
    }
    const listed = await world.temporal('workflow', 'count', '--query', `WorkflowType = 'judge'`);
    assert.match(listed, new RegExp(`\\b${IDS.length}\\b`));
  });

  /** Waits until so many of the instances have their verdict. */
  async function judged(count: number): Promise<void> {
    const query = `WorkflowType = 'judge' AND ExecutionStatus = 'Completed'`;
    let said = '';
    for (const end = Date.now() + 400_000; Date.now() < end; await sleep(200)) {
      // A server that is slow to answer is asked again.
      said = await world.temporal('workflow', 'count', '--query', query).catch(String);
      if (Number(/^Total: (\d+)/.exec(said)?.[1]) >= count) return;
    }
    throw new Error(`no ${count} instances were judged: ${said}`);
  }
});
