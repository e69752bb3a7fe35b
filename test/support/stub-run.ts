import { ApplicationFailure } from '@temporalio/common';
import type {
  HostActivities,
  SandboxActivities,
  SandboxState,
} from '../../src/activities/contract-sandbox.ts';
import type {
  InstanceList,
  InstanceRef,
  ModelActivities,
  RecordActivities,
  RecordTrajectoryInput,
  ResolvedRun,
  RunPlan,
} from '../../src/activities/contract.ts';
import type { TrainerActivities } from '../../src/activities/contract-trainer.ts';
import { sandboxName } from '../../src/domain/ids.ts';
import { deriveSeed, shuffled } from '../../src/domain/seeds.ts';
import type { RunSummary, Verdict } from '../../src/domain/run-summary.ts';
import type { RunContext } from '../../src/workflows/inputs.ts';
import { STUB_FILTER } from './stub-filter.ts';

/** What every activity of the contract is called with, by name. */
export interface Calls {
  readonly name: string;
  readonly input: unknown;
}

export type AllActivities = RecordActivities &
  SandboxActivities &
  HostActivities &
  ModelActivities &
  TrainerActivities;

/** The queue of the one host of a stub run. */
export const STUB_HOST_QUEUE = 'steadfast-sandbox-stub';

export const STUB_CONTEXT: RunContext = {
  run: 'r',
  config: 'c'.repeat(64),
  seed: 7,
  sandbox: 'auto',
  maxSteps: 30,
  heartbeatSeconds: 10,
  maxFailedShare: 1,
  searchable: false,
};

export const STUB_PLAN: RunPlan = {
  mode: 'inference',
  data: 'data.jsonl',
  numInstances: null,
  shuffle: false,
  seed: 7,
  batchSize: 2,
  rolloutsPerInstance: 2,
  epochs: 1,
  qualityFilter: true,
  requireNonZeroTests: true,
  sandbox: 'auto',
  concurrency: 4,
  model: 'm',
  apiBase: 'http://127.0.0.1:1/v1',
  evaluation: null,
  heartbeatSeconds: 10,
  maxFailedShare: 1,
  maxSteps: 30,
};

/** A hash-like name of a small text; the stubs' store holds what it names. */
function nameOf(text: string): string {
  return deriveSeed(text).toString(16).padStart(8, '0').repeat(8);
}

/** Activities without a world: lists in memory, a policy of `turns` turns, and a log of calls. Override what a test is about. */
export class StubRun {
  readonly calls: Calls[] = [];
  readonly open = new Set<string>();
  readonly lists = new Map<string, InstanceRef[]>();
  readonly trajectories: RecordTrajectoryInput[] = [];
  readonly groups: Parameters<RecordActivities['recordGroup']>[0][] = [];
  readonly verdicts: Verdict[] = [];
  summary: RunSummary | null = null;
  plan: RunPlan = STUB_PLAN;
  turns = 2;
  callsPerTurn = 1;
  tookMs = { turn: 10, call: 10 };
  /** Rollouts open at once at most. */
  peak = 0;
  readonly rewards = (rollout: string): number => (deriveSeed(rollout) % 11) / 10;

  /** Puts a list of instances `i-1`, `i-2`, … into the store. */
  list(count: number): InstanceList {
    return this.put(Array.from({ length: count }, (_, i) => instanceNamed(`i-${i + 1}`)));
  }

  named(name: string): Calls[] {
    return this.calls.filter((call) => call.name === name);
  }

  /** All activities; each call is logged before it is carried out. */
  activities(overrides: Partial<AllActivities> = {}): AllActivities {
    const all: AllActivities = { ...this.recordStubs(), ...this.workStubs(), ...overrides };
    const logged = Object.entries(all).map(([name, activity]) => [
      name,
      async (input: never) => {
        this.calls.push({ name, input });
        return await (activity as (input: never) => Promise<unknown>)(input);
      },
    ]);
    return Object.fromEntries(logged) as AllActivities;
  }

  private put(refs: InstanceRef[]): InstanceList {
    const ref = nameOf(JSON.stringify(refs));
    return this.lists.set(ref, refs) && { ref, count: refs.length };
  }

  private get(ref: string): InstanceRef[] {
    const refs = this.lists.get(ref);
    if (refs === undefined) throw ApplicationFailure.nonRetryable(`no list ${ref}`, 'Artifact.Missing');
    return refs;
  }

  private recordStubs(): RecordActivities {
    return {
      resolveRun: async ({ workflowId }): Promise<ResolvedRun> => ({
        config: STUB_CONTEXT.config,
        run: workflowId,
        plan: this.plan,
        searchable: false,
      }),
      loadInstances: async () => ({ list: this.list(6), droppedWithoutTests: 0 }),
      readInstances: async ({ list, from, count }) => this.get(list).slice(from, from + count),
      selectInstances: async ({ list, positions, append }) =>
        this.put([
          ...(append === null ? [] : this.get(append)),
          ...positions.flatMap((position) => this.get(list).slice(position, position + 1)),
        ]),
      shuffleInstances: async ({ list, count, seed }) =>
        this.put(shuffled(this.get(list).slice(0, count), seed)),
      chooseInstances: async ({ list, count, epoch }) => ({
        ...this.put(shuffled(this.get(list).slice(0, count), epoch)),
        curriculum: { restingSolved: 0, restingUnsolved: 0, solveRate: null },
      }),
      leaveOutQuarantined: async ({ list, count }) => ({
        ...this.put(this.get(list).slice(0, count)),
        quarantined: 0,
      }),
      resolveFilter: async ({ workflowId }) => ({
        config: STUB_CONTEXT.config,
        filter: { ...STUB_FILTER, run: workflowId },
      }),
      recordKept: async ({ list }) => ({ kept: list?.count ?? 0, quarantined: 0 }),
      recordFilter: async ({ verdicts }) => {
        this.verdicts.push(...verdicts);
      },
      recordTrajectory: async (input) => {
        this.trajectories.push(input);
        return { trajectory: nameOf(input.rollout), trainable: true };
      },
      recordGroup: async (input) => {
        this.groups.push(input);
        return { record: nameOf(`${input.run}/${input.group}`) };
      },
      recordStep: async () => undefined,
      recordSummary: async ({ summary }) => {
        this.summary = summary;
      },
      closedWorkflows: async () => [],
      noop: async () => undefined,
    };
  }

  private workStubs(): SandboxActivities & HostActivities & ModelActivities & TrainerActivities {
    return {
      openSandbox: async ({ rollout, epoch }) => {
        this.open.add(sandboxName(rollout, epoch));
        this.peak = Math.max(this.peak, this.open.size);
        return { hostQueue: STUB_HOST_QUEUE, environment: 'stub' };
      },
      judgeInstance: async ({ instance }) => accepted(instance.instanceId),
      runTool: async ({ rollout, turn, call }) => ({
        head: nameOf(`${rollout}/${turn}/${call}`),
        state: keptAfter(rollout, turn, call),
        exitCode: 0,
        timedOut: false,
        durationMs: this.tookMs.call,
      }),
      grade: async ({ rollout }) => {
        const reward = this.rewards(rollout);
        return { grading: nameOf(`grading of ${rollout}`), reward, resolved: reward === 1 };
      },
      closeSandbox: async ({ rollout, epoch }) => {
        this.open.delete(sandboxName(rollout, epoch));
      },
      checkModel: async () => undefined,
      sampleTurn: async ({ rollout, turn }) => ({
        head: nameOf(`${rollout}/${turn}`),
        finishReason: turn < this.turns ? 'tool_calls' : 'stop',
        calls:
          turn < this.turns
            ? Array.from({ length: this.callsPerTurn }, () => 'bash: pytest -q tests/test_x.py')
            : [],
        usage: { promptTokens: 1000, completionTokens: 50 },
        durationMs: this.tookMs.turn,
      }),
      openTraining: async () => published(0),
      buildBatch: async ({ groups, step }) => ({
        batch: groups.length === 0 ? null : nameOf(`batch ${step}`),
        samples: groups.length * 2,
        groupsWithoutVariance: 0,
        untrainable: 0,
      }),
      pruneCheckpoints: async () => 0,
      trainStep: async ({ step }) => ({ ...published(step), metrics: { 'optim/lr': 1e-3 } }),
    };
  }
}

/** The state that a call leaves. */
export function keptAfter(rollout: string, turn: number, call: number): SandboxState {
  const sha256 = nameOf(`state of ${rollout}/${turn}/${call}`);
  return { kind: 'kept', fingerprint: sha256.slice(0, 16), sha256 };
}

export function instanceNamed(instanceId: string): InstanceRef {
  return { instanceId, ref: nameOf(instanceId) };
}

export function accepted(instanceId: string): Verdict {
  return { instanceId, verdict: 'accept', reason: null, detail: '' };
}

function published(step: number) {
  return {
    step,
    manifest: nameOf(`manifest ${step}`),
    policy: { version: step, model: `r@${step}`, apiBase: null },
  };
}
