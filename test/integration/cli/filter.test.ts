import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'node:test';
import type { AllActivities } from '../../support/stub-run.ts';
import { accepted } from '../../support/stub-run.ts';
import { createInstanceActivities } from '../../../src/activities/instances.ts';
import { createFilterRecordActivity } from '../../../src/activities/record-filter.ts';
import { createRecordKeptActivity } from '../../../src/activities/record-kept.ts';
import { createResolveFilterActivity } from '../../../src/activities/resolve-filter.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { realDatasets } from '../../support/grading-world.ts';
import { CliWorld } from './cli-world.ts';

const DATA = fileURLToPath(new URL('../../../examples/unseen.jsonl', import.meta.url));
const RECORDS = linesOf(readFileSync(DATA, 'utf8'));
const IDS = RECORDS.map((record) => String(record['instance_id']));

describe('steadfast filter, against a server with real record activities', () => {
  let world: CliWorld;
  before(async () => {
    world = await CliWorld.start();
  });
  after(async () => await world.stop());

  /** Verdicts by position: the second instance is flaky, the others are good. */
  const judged = (): Partial<AllActivities> => {
    const artifacts = createFolderArtifacts(world.store);
    const datasets = realDatasets();
    return {
      ...createInstanceActivities({ artifacts, datasets }),
      ...createFilterRecordActivity({ artifacts }),
      ...createRecordKeptActivity({ artifacts, datasets }),
      ...createResolveFilterActivity({ artifacts, cores: 2 }),
      judgeInstance: async ({ instance: { instanceId } }) =>
        instanceId === IDS[1]
          ? {
              instanceId,
              verdict: 'reject',
              reason: 'flaky',
              detail: 'it differs',
              runs: 3,
              flakeScore: 0.333,
            }
          : { ...accepted(instanceId), runs: 8, flakeScore: 0 },
    };
  };

  it("prints a verdict an instance in the data's order and a summary, and writes what it kept", async () => {
    const out = join(world.home, 'kept.jsonl');
    await world.withStubs(judged(), async () => {
      const { code, stdout, stderr } = await world.steadfast([
        'filter',
        '--data',
        DATA,
        '--json',
        '--out',
        out,
      ]);
      assert.equal(code, 0, stderr);
      const records = linesOf(stdout);
      const verdicts = records.slice(0, -1);
      assert.deepEqual(
        verdicts.map((one) => [one['type'], one['instance_id'], one['verdict'], one['reason']]),
        IDS.map((id, i) => ['verdict', id, i === 1 ? 'reject' : 'accept', i === 1 ? 'flaky' : null]),
      );
      assert.deepEqual([verdicts[1]?.['detail'], verdicts[1]?.['flake_score']], ['it differs', 0.333]);
      const summary = records.at(-1);
      assert.deepEqual(
        [summary?.['type'], summary?.['checked'], summary?.['kept'], summary?.['reasons']],
        ['summary', IDS.length, IDS.length - 1, { flaky: 1 }],
      );
      assert.match(stderr, /kept 5 of 6 instances, 83% \(the reference set: 4577 of 8480, 54%\)/);
      const kept = linesOf(readFileSync(out, 'utf8'));
      assert.deepEqual(
        kept.map(({ steadfast_verdict: verdict, ...record }) => [record, verdict]),
        RECORDS.filter((_, i) => i !== 1).map((record) => [
          record,
          { verdict: 'accept', runs: 8, flake_score: 0 },
        ]),
      );
      const again = await world.steadfast(['filter', '--data', out, '--json', '--name', 'again']);
      assert.equal(again.code, 0, again.stderr);
      assert.equal(linesOf(again.stdout).at(-1)?.['checked'], 5);
    });
  });

  it('takes a condition, and names what is wrong with its options', async () => {
    await world.withStubs(judged(), async () => {
      const where = `instance_id == "${IDS[0]}"`;
      const one = await world.steadfast(['filter', '--data', DATA, '--where', where, '--json']);
      assert.equal(one.code, 0, one.stderr);
      assert.deepEqual(
        linesOf(one.stdout).map((record) => record['instance_id'] ?? record['kept']),
        [IDS[0], 1],
      );
    });
    const bad = await world.steadfast(['filter', '--data', DATA, '--flake-chance', '2', '--sandbox', 'vm']);
    assert.equal(bad.code, 1);
    assert.match(bad.stderr, /flake_chance is 2; expected/);
    assert.match(bad.stderr, /sandbox is "vm"; expected/);
    const none = await world.steadfast(['filter']);
    assert.deepEqual([none.code, /--data is missing/.test(none.stderr)], [2, true]);
  });

  it('is attached to by the same command, and not by one that asks for something else', async () => {
    const slow = join(world.home, 'slow.jsonl');
    writeFileSync(slow, `${JSON.stringify(RECORDS[0])}\n`);
    const goOn = Promise.withResolvers<void>();
    const activities: Partial<AllActivities> = {
      ...judged(),
      judgeInstance: async ({ instance }) => {
        await goOn.promise;
        return accepted(instance.instanceId);
      },
    };
    await world.withStubs(activities, async () => {
      const command = ['filter', '--data', slow, '--name', 'slow'];
      const first = world.spawn(command);
      await first.until(/started slow/);
      first.interrupt();
      const { code, stdout } = await first.ended;
      assert.deepEqual([code, /detached; slow goes on/.test(stdout)], [130, true]);
      const other = await world.steadfast([...command, '--seed', '9']);
      assert.deepEqual([other.code, /slow goes on already/.test(other.stderr)], [1, true]);
      const second = world.spawn(command);
      await second.until(/attached to slow/);
      goOn.resolve();
      const ended = await second.ended;
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stdout, /kept 1 of 1 instances, 100%/);
    });
  });
});

function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
