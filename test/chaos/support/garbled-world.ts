import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { createTrajectoryActivities } from '../../../src/activities/record-trajectory.ts';
import { createToolActivities } from '../../../src/activities/run-tool.ts';
import { createModelActivities } from '../../../src/activities/sample-turn.ts';
import { readTranscript } from '../../../src/activities/transcript.ts';
import { messagesOf } from '../../../src/domain/conversation.ts';
import { createFolderArtifacts } from '../../../src/adapters/artifacts/folder.ts';
import { createOpenAiModel } from '../../../src/adapters/model/openai-model.ts';
import { messageToWire } from '../../../src/adapters/model/to-wire.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';
import { instance } from '../../support/instance.ts';
import { activityEnvironment } from '../../support/run-activity.ts';

/** What a history may hold of one activity. */
const PAYLOAD_BYTES = 16 * 1024;
const LIMIT_CHARACTERS = 4000;
/** A refusal repeats little of what the model wrote. */
const OBSERVATION_CHARACTERS = LIMIT_CHARACTERS + 1000;
/** What an endpoint that answers garbage may come to: retried, and typed. */
const RETRIED = ['Model.BadResponse', 'Model.Unreachable', 'Model.Silent'];

/** The activities of one turn over a real endpoint and a real store: `turn` makes an answer of bytes into a record. */
export interface GarbledWorld {
  /** Every rule that the answer broke, in words; none when all is as it should be. */
  turn(answer: Buffer): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Opens the world; `sandbox` carries the calls out, in the open sandbox called `name`. */
export async function openGarbledWorld(sandbox: Sandbox, name: string): Promise<GarbledWorld> {
  const root = await mkdtemp(join(tmpdir(), 'steadfast-garbled-'));
  const artifacts = createFolderArtifacts(root);
  const answers = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(answers.get(request.url?.split('/')[1] ?? ''));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { sampleTurn } = createModelActivities({
    artifacts,
    model: createOpenAiModel({ apiKey: null, policyUrl: `${base}/none` }),
  });
  const { runTool } = createToolActivities({
    artifacts,
    sandboxes: { choose: async () => sandbox, all: async () => [sandbox] },
  });
  const { recordTrajectory } = createTrajectoryActivities({ artifacts });
  const agent = {
    maxSteps: 5,
    timeLimitSeconds: 3600,
    temperature: 1,
    maxTokens: 100,
    systemPrompt: '',
    instancePromptTemplate: 'Fix: {problem_statement}',
    commandTimeoutSeconds: 5,
    modelTimeoutSeconds: 5,
    outputLimitCharacters: LIMIT_CHARACTERS,
  };
  const config = await artifacts.putJson({ run: 'r', sandbox: 'auto', agent });
  const of = { instanceId: 'demo__1', ref: await artifacts.putJson(instance()) };

  async function turn(answer: Buffer): Promise<readonly string[]> {
    const broken: string[] = [];
    const check = (right: boolean, rule: string) => void (right || broken.push(rule));
    const fits = (payload: unknown, what: string) => {
      const bytes = Buffer.byteLength(JSON.stringify(payload));
      check(bytes <= PAYLOAD_BYTES, `${what} is a payload of ${bytes} bytes`);
    };
    const id = crypto.randomUUID();
    answers.set(id, answer);
    const env = activityEnvironment();
    const common = { run: 'r', rollout: name, instance: of, config, policy: policyAt(`${base}/${id}`) };
    try {
      const sampled = await env.run(sampleTurn, { ...common, head: null, turn: 1, seed: 7 });
      fits(sampled, 'sampleTurn');
      const { promptTokens, completionTokens } = sampled.usage ?? { promptTokens: 0, completionTokens: 0 };
      check(Math.min(promptTokens, completionTokens) >= 0, 'the usage is negative');
      check(Number.isSafeInteger(promptTokens + completionTokens), 'the usage is no number');
      check(sampled.calls.length <= 16, `${sampled.calls.length} calls are carried out`);
      let head = sampled.head;
      for (const call of sampled.calls.keys()) {
        const ran = await env.run(runTool, {
          ...common,
          head,
          turn: 1,
          call,
          epoch: 1,
          state: { kind: 'start' },
        });
        fits(ran, 'runTool');
        head = ran.head;
      }
      await conversation(head, check);
      const recorded = await env.run(recordTrajectory, {
        ...common,
        head,
        seed: 7,
        grading: null,
        failure: null,
        startedAt: new Date(0).toISOString(),
        status: 'failed',
        stopReason: 'failed',
      });
      fits(recorded, 'recordTrajectory');
      await artifacts.getJson(recorded.trajectory);
    } catch (error) {
      broken.push(...wrongAbout(error));
      if (error instanceof ApplicationFailure)
        fits({ message: error.message, cause: error.cause?.message }, 'a failure');
    } finally {
      answers.delete(id);
    }
    return broken;
  }

  /** What the model will read next: an answer to each call, under ids that tell them apart, in valid wire messages. */
  async function conversation(head: string, check: (right: boolean, rule: string) => void): Promise<void> {
    const links = await readTranscript(artifacts, head);
    const made = links.flatMap((link) => (link.kind === 'model' ? link.message.toolCalls : []));
    const answered = links.flatMap((link) => (link.kind === 'tool' ? [link] : []));
    check(new Set(made.map((call) => call.id)).size === made.length, 'two calls have one id');
    // In whatever order: those that are not carried out are answered at once.
    const right = sorted(made.map(idOf)) === sorted(answered.map((link) => link.call.id));
    check(right, `${made.length} calls have ${answered.length} observations`);
    for (const { observation } of answered) {
      check(observation.isWellFormed(), 'an observation holds half a character');
      check(
        observation.length <= OBSERVATION_CHARACTERS,
        `an observation has ${observation.length} characters`,
      );
      check(observation !== '', 'an observation is empty');
    }
    const wire = messagesOf(links).map((message) => messageToWire(message));
    for (const call of wire.flatMap((message) => (message['tool_calls'] ?? []) as readonly WireCall[])) {
      check(
        /^[\w-]{1,64}$/.test(call.function.name),
        `a server is sent the name ${call.function.name.slice(0, 80)}`,
      );
      check(
        typeof JSON.parse(call.function.arguments) === 'object',
        'a server is sent arguments that are no object',
      );
    }
  }

  return {
    turn,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await rm(root, { recursive: true, force: true });
    },
  };
}

function sorted(ids: readonly string[]): string {
  return ids.toSorted().join();
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}

interface WireCall {
  readonly function: { readonly name: string; readonly arguments: string };
}

function policyAt(apiBase: string) {
  return { version: 1, model: 'm', apiBase };
}

/** A failure is right when it is typed, retried, and text that any peer can read. */
function wrongAbout(error: unknown): readonly string[] {
  if (!(error instanceof ApplicationFailure)) return [`it threw ${String(error)}`];
  const { type, nonRetryable, message } = error;
  return [
    ...(RETRIED.includes(type ?? '') ? [] : [`the failure has the type ${type}: ${message.slice(0, 200)}`]),
    ...(nonRetryable === true ? [`${type} is not retried`] : []),
    ...(message.isWellFormed() && error.cause?.message.isWellFormed() !== false
      ? []
      : ["a failure's message holds half a character"]),
  ];
}
