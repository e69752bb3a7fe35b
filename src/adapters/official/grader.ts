import type { z } from 'zod';
import { SteadfastError } from '../../domain/failures.ts';
import type { Instance } from '../../domain/instance.ts';
import type { Official } from '../../ports/official.ts';
import { GraderProcess, MAX_LINE_BYTES, type GraderOptions } from './process.ts';
import { answerLine, readResult, scriptResult } from './wire.ts';

/**
 * The port Official over the grader process (grader/), which is started by the first request, and again by the next one
 * when it died. One request is with it at a time: whatever ends it fails that one alone, and the others wait their turn.
 */
export function createOfficial(options: GraderOptions): Official {
  let process: GraderProcess | null = null;
  let last: Promise<unknown> = Promise.resolve();
  let asked = 0;
  let closed = false;

  async function ask<T>(
    instance: Instance,
    request: Readonly<Record<string, unknown>>,
    schema: z.ZodType<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const id = asked++;
    const line = JSON.stringify({ id, ...harnessOf(instance), ...request });
    if (Buffer.byteLength(line) > MAX_LINE_BYTES)
      throw failed(
        instance,
        `a request of ${line.length} characters; at most ${MAX_LINE_BYTES} bytes are sent`,
      );
    // The answer is judged within its turn, so that the next request meets no process that talks nonsense.
    const turn = last.then(async () => read(instance, id, await answered(instance, line, signal), schema));
    last = turn.catch(() => undefined);
    return await turn;
  }

  function read<T>(instance: Instance, id: number, line: string, schema: z.ZodType<T>): T {
    const answer = answerLine.safeParse(json(line)).data;
    if (answer === undefined || (answer.id !== id && answer.id !== null))
      throw nonsense(instance, `expected the answer to request ${id}, got ${line.slice(0, 300).trim()}`);
    if ('error' in answer) {
      const { type, message } = answer.error;
      if (type === 'record')
        throw new SteadfastError('Instance.Invalid', `${instance.instanceId}: ${message}`);
      throw failed(instance, message);
    }
    const result = schema.safeParse(answer.result);
    if (!result.success) throw nonsense(instance, result.error.message);
    return result.data;
  }

  async function answered(
    instance: Instance,
    line: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    signal?.throwIfAborted();
    if (closed) throw failed(instance, 'the grader process was closed');
    if (process?.usable !== true) process = new GraderProcess(options);
    return await process.answer(line, options.requestMs, signal);
  }

  /** A process that talks nonsense is not asked again. */
  function nonsense(instance: Instance, what: string): SteadfastError {
    process?.kill('it talked nonsense');
    return failed(instance, `the grader process talks nonsense: ${what.slice(0, 500)}`);
  }

  return {
    async read(instance, { log, ended }, signal) {
      const request = { method: 'read', log, ended };
      const { report, resolved, ...reading } = await ask(instance, request, readResult, signal);
      return { ...reading, verdict: { report, resolved } };
    },

    async script(instance, signal) {
      const { timeoutSeconds, ...script } = await ask(instance, { method: 'script' }, scriptResult, signal);
      return { ...script, timeoutMs: timeoutSeconds * 1000 };
    },

    async close() {
      closed = true;
      process?.kill('it was closed');
      await process?.gone();
    },
  };
}

function harnessOf(instance: Instance) {
  const { official, instanceId } = instance;
  if (official === null)
    throw new SteadfastError('Instance.Invalid', `${instanceId}: no official harness knows the record`);
  const { harness, record } = official;
  return { harness, record };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(instance: Instance, why: string): SteadfastError {
  return new SteadfastError('Grade.Failed', `The official grader failed for ${instance.instanceId}: ${why}`);
}
