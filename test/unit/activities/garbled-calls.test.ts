import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as fc from 'fast-check';
import { garbledAnswers } from '../../chaos/support/garbled-answers.ts';
import { type GarbledWorld, openGarbledWorld } from '../../chaos/support/garbled-world.ts';
import { parseBashArguments } from '../../../src/schemas/tool-arguments.ts';
import { fakeSandbox } from '../../support/fake-sandbox.ts';

const ROLLOUT = 'r/g-000001/demo__1/1.1';
let world: GarbledWorld;

before(async () => {
  const sandbox = fakeSandbox(({ script, stdin = '' }) => ({
    output: `${script}${stdin}`.slice(0, 9000),
    fingerprint: 'start',
  }));
  sandbox.opened.add(ROLLOUT);
  world = await openGarbledWorld(sandbox, ROLLOUT);
});
after(async () => await world.close());

test('whatever a model answers, each call gets an observation, or the turn a typed failure that is retried', async () => {
  const property = fc.asyncProperty(garbledAnswers, async (answer) => {
    assert.deepEqual(await world.turn(answer), []);
  });
  await fc.assert(property, { numRuns: 150, seed: 1, endOnFailure: true });
});

const answerOf = (choice: string) => Buffer.from(`{"choices":[${choice}]}`);
const callOf = (raw: string) =>
  answerOf(`{"message":{"tool_calls":[{"function":{"name":"bash","arguments":${JSON.stringify(raw)}}}]}}`);
const CASES: Readonly<Record<string, Buffer>> = {
  'a finish reason of 40,000 characters': answerOf(`{"message":{},"finish_reason":"${'f'.repeat(40_000)}"}`),
  'a failure that quotes half a character': Buffer.from('😀'),
  'an observation that quotes half a character': callOf('😀'),
  'a field of a million characters': callOf(JSON.stringify({ ['k'.repeat(1e6)]: 1 })),
  'counts that are no numbers': Buffer.from(
    '{"choices":[{"message":{}}],"usage":{"prompt_tokens":1e999,"completion_tokens":-1}}',
  ),
};
for (const [what, answer] of Object.entries(CASES)) {
  test(`harmless: ${what}`, async () => assert.deepEqual(await world.turn(answer), []));
}

test('a NUL, behind which a shell would read nothing, is refused', () => {
  const parsed = parseBashArguments('{"command":"echo a\\u0000; rm b"}');
  assert.match(parsed.ok ? '' : parsed.problem, /command is wrong: it holds a NUL/);
});
