import assert from 'node:assert/strict';
import { afterEach } from 'node:test';
import { createOpenAiModel } from '../../src/adapters/model/openai-model.ts';
import { SteadfastError } from '../../src/domain/failures.ts';
import type { Message } from '../../src/domain/messages.ts';
import type { ModelRequest } from '../../src/ports/model.ts';
import { type ScriptedEndpoint, type ScriptedOptions, startScriptedEndpoint } from './scripted-endpoint.ts';

let endpoint: ScriptedEndpoint | undefined;
afterEach(async () => await stop());

/** Closes the endpoint of the test. */
export async function stop(): Promise<void> {
  await endpoint?.close();
  endpoint = undefined;
}

/** A scripted endpoint and a Model that asks it; closed after the test, or before by `stop`. */
export async function serve(options: ScriptedOptions = {}) {
  const started = await startScriptedEndpoint({ turns: 2, script: 'nothing', ...options });
  endpoint = started;
  const request = (messages: readonly Message[] = [{ role: 'user', content: 'Fix it.' }]): ModelRequest => ({
    model: 'scripted',
    apiBase: started.url,
    messages,
    tools: [{ name: 'bash', description: 'Runs.', parameters: { type: 'object' } }],
    temperature: 0.7,
    maxTokens: 50,
    seed: 3,
    timeoutMs: 30_000,
  });
  const model = createOpenAiModel({ apiKey: 'sk-secret-key', policyUrl: 'http://127.0.0.1:9/v1' });
  return { model, request, requests: started.requests, url: started.url };
}

/** Checks a refusal's type and message, and that it holds no key. */
export function refused(type: string, pattern: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof SteadfastError, String(error));
    assert.equal(error.type, type, error.message);
    assert.match(error.message, pattern);
    assert.doesNotMatch(error.message, /sk-secret-key/);
    return true;
  };
}
