import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gradePatch, gradingSandboxes } from '../../src/activities/grading/grade-patch.ts';
import { keepVerdict } from '../../src/activities/grading/judgements.ts';
import { createFolderArtifacts } from '../../src/adapters/artifacts/folder.ts';
import type { Instance } from '../../src/domain/instance.ts';
import type { TestOutcome } from '../../src/domain/reward.ts';
import type { CommandResult, Sandbox } from '../../src/ports/sandbox.ts';
import { fakeSandbox } from './fake-sandbox.ts';
import { instance } from './instance.ts';
import { NO_OFFICIAL } from './no-official.ts';
import { temporaryHome } from './temporary-home.ts';

/** A change that no rule keeps out. */
export const PATCH = 'diff --git a/it.py b/it.py\n--- a/it.py\n+++ b/it.py\n@@ -1 +1 @@\n-bug\n+fix\n';

/** Which run of tests it is. */
export interface Which {
  readonly patched: boolean;
  readonly control: boolean;
}

/** What a run of tests comes to: an outcome for FAIL_TO_PASS and one for PASS_TO_PASS, or a result. */
export type Come = readonly [TestOutcome, TestOutcome] | Partial<CommandResult>;

/** What is graded: one test to mend, one to keep. */
export const subject: Instance = instance();

/** A patch that mends it, and forges nothing. */
export const honest = ({ patched, control }: Which): Come =>
  control ? ['failed', 'failed'] : [patched ? 'passed' : 'failed', 'passed'];

interface Options {
  readonly tests?: (which: Which) => Come;
  readonly patch?: string;
  readonly verifyShare?: number;
  /** Whether git applies the patch; it does unless told. */
  readonly applies?: boolean;
  /** The PASS_TO_PASS tests that the filter has seen skipped without the bug; absent where no filter has judged it. */
  readonly judgedSkipped?: readonly string[];
  /** The names of those whose patch is graded, at the same moment. */
  readonly names?: readonly string[];
}

/** Grades a patch whose runs of tests come to what `tests` says, and checks that each sandbox is closed, then or later. */
export async function graded(t: TestContext, options: Options) {
  const { tests = honest, patch = PATCH, verifyShare = 0, names = ['n'], applies = true } = options;
  const fake = fakeSandbox();
  const patched = new Set<string>();
  const opened: string[] = [];
  const sandbox: Sandbox = {
    ...fake,
    open: async (spec) => {
      opened.push(spec.name);
      await fake.open(spec);
    },
    run: async (name, command) => {
      const result = await fake.run(name, command);
      if (command.script.includes('git apply')) {
        if (!applies) return { ...result, exitCode: 1, output: 'error: it.py: patch does not apply' };
        patched.add(name);
      }
      if (command.reportBytes === undefined) return result;
      const { control } = JSON.parse(command.stdin ?? '') as { control: boolean };
      const come = tests({ patched: patched.has(name), control });
      return { ...result, ...('length' in come ? reported(come) : come) };
    },
  };
  const artifacts = createFolderArtifacts(join(temporaryHome(t), 'store'));
  const request = {
    sandbox,
    artifacts,
    official: NO_OFFICIAL,
    datasets: {
      load: async () => ({ instances: [], droppedWithoutTests: 0, records: 0, revision: null }),
      prepareRequirements: async () => null,
      prepareTree: async () => '/tree',
    },
    limits: { memoryBytes: 1, pids: 1, cpus: 1, diskBytes: 1 },
    run: 'r',
    signal: t.signal,
    instance: subject,
    instanceRef: await artifacts.putJson(subject),
    patch,
    rewardPower: 1,
    verifyShare,
  };
  if (options.judgedSkipped !== undefined) {
    await keepVerdict(artifacts, request.instanceRef, 'fake-environment', {
      verdict: 'accept',
      reason: null,
      detail: '',
      skippedInBaseline: [...options.judgedSkipped],
      runs: 8,
      flakeScore: 0,
    });
  }
  const gradings = await Promise.all(names.map((name) => gradePatch({ ...request, name })));
  assert.equal(fake.opened.size, 0, 'each sandbox was closed');
  const closed = new Set(names.flatMap(gradingSandboxes));
  assert.deepEqual(
    opened.filter((name) => !closed.has(name)),
    [],
    'and is one that a later attempt would close',
  );
  const [grading] = gradings;
  assert.ok(grading);
  return { ...grading, kinds: grading.findings?.map(({ kind }) => kind), opened, gradings };
}

/** What a reporter says of these outcomes. */
export function reported([mended, kept]: readonly [TestOutcome, TestOutcome]): Partial<CommandResult> {
  const tests = [
    ...subject.failToPass.map((id) => ({ test: id, outcome: mended })),
    ...subject.passToPass.map((id) => ({ test: id, outcome: kept })),
  ];
  const status = mended === 'passed' && kept === 'passed' ? 0 : 1;
  const lines = [{ start: 2 }, ...tests, { end: status, tests: tests.length }];
  return {
    exitCode: status,
    report: lines.map((line) => `${JSON.stringify({ word: 'w', ...line })}\n`).join(''),
  };
}
