import { readFile } from 'node:fs/promises';
import { createOfficial } from '../../src/adapters/official/grader.ts';
import type { GraderOptions } from '../../src/adapters/official/process.ts';
import { loadConfig } from '../../src/config.ts';
import type { Instance, OfficialHarness } from '../../src/domain/instance.ts';
import { toolPaths } from '../../src/local/setup/paths.mjs';
import type { Official } from '../../src/ports/official.ts';
import { instance } from './instance.ts';

const FIXTURES = new URL('../fixtures/official/', import.meta.url);

/** What the real grader process is started with. */
export function graderOptions(changed: Partial<GraderOptions> = {}): GraderOptions {
  const { grader, graderPython } = toolPaths(loadConfig().cache);
  return { python: graderPython, folder: grader, readSeconds: 60, requestMs: 120_000, ...changed };
}

/** The real graders, closed after the test. */
export function realOfficial(
  t: { after(end: () => Promise<void>): void },
  changed: Partial<GraderOptions> = {},
): Official {
  const official = createOfficial(graderOptions(changed));
  t.after(async () => await official.close());
  return official;
}

export async function fixture(name: string): Promise<string> {
  return await readFile(new URL(name, FIXTURES), 'utf8');
}

export async function fixtureJson(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await fixture(name)) as Record<string, unknown>;
}

/** An instance as SWE-smith has them, of a repository that its registry knows. */
export function smithInstance(instanceId: string, failToPass: string[], passToPass: string[]): Instance {
  const repo = `swesmith/${instanceId.slice(0, instanceId.lastIndexOf('.'))}`;
  const record = {
    instance_id: instanceId,
    repo,
    FAIL_TO_PASS: failToPass,
    PASS_TO_PASS: passToPass,
    patch: '',
  };
  return instance({
    instanceId,
    repo,
    failToPass,
    passToPass,
    format: 'swe-smith',
    official: { harness: 'swesmith', evalScript: null, logParser: null, evalType: null, record },
  });
}

/** The harness of a row in SWE-bench 5's form. */
export function benchHarness(
  row: Pick<Instance, 'instanceId' | 'repo' | 'failToPass' | 'passToPass'>,
  logParser: string,
  evalScript = evalScriptOf(['run the tests']),
): OfficialHarness {
  const record = {
    instance_id: row.instanceId,
    repo: row.repo,
    version: '1.0',
    image: 'an-image',
    FAIL_TO_PASS: row.failToPass,
    PASS_TO_PASS: row.passToPass,
    log_parser: logParser,
    eval_type: 'pass_and_fail',
    eval_script: evalScript,
  };
  return { harness: 'swebench', evalScript, logParser, evalType: 'pass_and_fail', record };
}

/** An instance as SWE-bench has them. */
export function benchInstance(failToPass: string[], passToPass: string[], logParser: string): Instance {
  const row = { instanceId: 'toy__toy-1', repo: 'toy/toy', failToPass, passToPass };
  return instance({ ...row, format: 'swe-bench', runner: 'script', official: benchHarness(row, logParser) });
}

/** An evaluation script in SWE-bench's form around the commands that run the tests. */
export function evalScriptOf(tests: readonly string[], before: readonly string[] = []): string {
  return [
    '#!/bin/bash',
    'set -uxo pipefail',
    ...before,
    ": '>>>>> Start Test Output'",
    ...tests,
    ": '>>>>> End Test Output'",
    '',
  ].join('\n');
}

/** A log as a traced script leaves it. */
export function logOf(output: string, exitCode = 0): string {
  return [
    '+ git status',
    "+ : '>>>>> Start Test Output'",
    output,
    `+ SWEBENCH_TEST_EXIT_CODE=${exitCode}`,
    "+ : '>>>>> End Test Output'",
    `+ echo '>>>>> Test Exit Code: ${exitCode}'`,
    `>>>>> Test Exit Code: ${exitCode}`,
    '',
  ].join('\n');
}
