import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadConfig } from '../../../src/config.ts';
import { createDeps, recordActivities } from '../../../src/workers/deps.ts';
import { activityEnvironment } from '../../support/run-activity.ts';
import { temporaryHome } from '../../support/temporary-home.ts';

describe('the endpoint of a run that the plain Temporal CLI started', () => {
  const cases: [string, Record<string, string>, string | null][] = [
    ['the embedded policy server', { OPENAI_API_KEY: 'default' }, null],
    ["OpenAI's own with a real key", { OPENAI_API_KEY: 'sk-1' }, 'https://api.openai.com/v1'],
    ['that of OPENAI_BASE_URL', { OPENAI_API_KEY: 'sk-1', OPENAI_BASE_URL: 'http://e/v1' }, 'http://e/v1'],
  ];
  for (const [what, variables, expected] of cases) {
    it(`is ${what}`, async (t) => {
      const config = loadConfig({ ...variables, STEADFAST_HOME: temporaryHome(t) });
      const server = { searchable: false, isRunning: () => Promise.resolve(false) };
      const activities = recordActivities(config, createDeps(config), server);
      const input = { input: { model: 'm', data: '/d.jsonl' }, workflowId: 'w' };
      const { plan } = await activityEnvironment().run(async () => await activities.resolveRun(input), null);
      assert.equal(plan.apiBase, expected);
    });
  }
});
