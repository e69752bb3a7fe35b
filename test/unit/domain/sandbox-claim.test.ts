import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { claimOf, runningOwner, verdictOn, type OwnerState } from '../../../src/domain/sandbox-claim.ts';

const rollout = 'run/g-000001/o__r.1/2.1';

const running = (sandbox?: string, host = 'a'): OwnerState => ({
  kind: 'running',
  memo: sandbox === undefined ? null : { sandbox, hostQueue: `steadfast-sandbox-${host}` },
});

describe('claimOf', () => {
  it('names the workflow of a sandbox, and the sandbox that it stands beside', () => {
    const own = { owner: rollout, sandbox: rollout, epoch: 1 };
    assert.deepEqual(claimOf(rollout), { ...own, kind: 'rollout' });
    assert.deepEqual(claimOf(`${rollout}/grade-1`), { ...own, kind: 'grade' });
    assert.deepEqual(claimOf(`${rollout}/helper`), { ...own, kind: 'helper' });
    const second = { owner: rollout, sandbox: `${rollout}~2`, epoch: 2 };
    assert.deepEqual(claimOf(`${rollout}~2`), { ...second, kind: 'rollout' });
    assert.deepEqual(claimOf(`${rollout}~2/grade-3`), { ...second, kind: 'grade' });
    const judge = { owner: 'run/filter', kind: 'judge', sandbox: null, epoch: 0 } as const;
    assert.deepEqual(claimOf('run/filter/judge/o__r.1/attempt-1/sound'), judge);
    assert.equal(claimOf('something else'), null);
  });
});

describe('runningOwner', () => {
  it('knows the sandbox that a rollout says it uses, and where; half of it is nothing', () => {
    const memo = { sandbox: rollout, hostQueue: 'q' };
    assert.deepEqual(runningOwner({ ...memo, more: 1 }), { kind: 'running', memo });
    for (const half of [undefined, {}, { sandbox: rollout }, { hostQueue: 'q' }, { ...memo, sandbox: null }])
      assert.deepEqual(runningOwner(half), { kind: 'running', memo: null });
  });
});

describe('verdictOn', () => {
  const now = Date.parse('2026-01-01T12:00:00Z');
  const here = { host: 'a', hostQueue: 'steadfast-sandbox-a', nowMs: now };
  const minutes = (count: number) => new Date(now + count * 60_000).toISOString();
  const on = (name: string, owner: OwnerState, found: { age?: number; left?: number; by?: string } = {}) =>
    verdictOn(
      {
        name,
        createdAt: minutes(-(found.age ?? 1)),
        deadline: minutes(found.left ?? 60),
        openedBy: found.by ?? null,
      },
      owner,
      here,
    ).verdict;

  it('keeps what a running workflow names, or has not named yet', () => {
    assert.equal(on(rollout, running(rollout)), 'keep');
    assert.equal(on(`${rollout}/grade-1`, running(rollout)), 'keep');
    assert.equal(on(rollout, running(), { age: 600 }), 'keep');
    assert.equal(on(`${rollout}~2`, running(rollout), { age: 11 }), 'keep');
    assert.equal(on('run/filter/judge/i/attempt-1/sound', running()), 'keep');
    assert.equal(on(rollout, running(rollout), { left: -1 }), 'keep');
  });

  it('ends what a running workflow has left behind', () => {
    assert.equal(on(rollout, running(`${rollout}~2`)), 'end');
    assert.equal(on(`${rollout}/grade-1`, running(`${rollout}~2`)), 'end');
    assert.equal(on(`${rollout}~2`, running(rollout), { age: 13 }), 'end');
    assert.equal(on(`${rollout}/grade-1`, running(rollout), { left: -1 }), 'end');
    assert.equal(on('run/filter/judge/i/attempt-1/sound', running(), { left: -1 }), 'end');
  });

  it('ends a sandbox whose rollout uses one of that name elsewhere, if this host opened it', () => {
    assert.equal(on(rollout, running(rollout, 'b'), { by: 'a' }), 'end');
    assert.equal(on(rollout, running(rollout, 'b'), { by: 'b' }), 'leave');
    assert.equal(on(rollout, running(rollout, 'b')), 'leave');
  });

  it('ends what belongs to a workflow that has ended', () => {
    for (const name of [rollout, `${rollout}~3/grade-2`, 'run/filter/judge/i/attempt-1/sound'])
      assert.equal(on(name, { kind: 'ended' }), 'end');
  });

  it('leaves what it cannot judge, until its deadline', () => {
    for (const kind of ['unknown', 'unreachable'] as const) {
      assert.equal(on(rollout, { kind }), 'leave');
      assert.equal(on(rollout, { kind }, { left: -1 }), 'end');
    }
    assert.equal(on('something else', { kind: 'ended' }), 'leave');
    assert.equal(on('something else', { kind: 'ended' }, { left: -1 }), 'end');
  });
});
