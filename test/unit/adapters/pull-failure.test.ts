import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PullBrokeOff, pullFailure } from '../../../src/adapters/images/pull-failure.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';

const NAME = 'swebench/sweb.eval.x86_64.a:latest';

/** As dockerode throws what a daemon answers. */
function answered(statusCode: number, words: string): Error {
  const kind = statusCode === 500 ? 'server error' : 'unexpected';
  return Object.assign(new Error(`(HTTP code ${statusCode}) ${kind} - ${words} `), { statusCode });
}

/** How daemons and registries word it. */
const WORDINGS: [Error, string][] = [
  [
    answered(
      500,
      'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
    ),
    'Sandbox.RateLimit',
  ],
  [new PullBrokeOff('received unexpected HTTP status: 429 Too Many Requests'), 'Sandbox.RateLimit'],
  [new PullBrokeOff('toomanyrequests: Rate exceeded'), 'Sandbox.RateLimit'],
  [
    answered(404, `manifest for ${NAME} not found: manifest unknown: manifest unknown`),
    'Sandbox.ImageMissing',
  ],
  [
    answered(
      404,
      "pull access denied for a/b, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ),
    'Sandbox.ImageMissing',
  ],
  [answered(400, 'invalid reference format: repository name must be lowercase'), 'Sandbox.ImageMissing'],
  [
    answered(404, 'no matching manifest for linux/amd64 in the manifest list entries'),
    'Sandbox.ImageMissing',
  ],
  [new PullBrokeOff('failed to register layer: write /opt/a: no space left on device'), 'Sandbox.DiskFull'],
  [
    answered(500, 'dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host'),
    'Sandbox.Unavailable',
  ],
  [new PullBrokeOff('unexpected EOF'), 'Sandbox.Unavailable'],
  [new PullBrokeOff('received unexpected HTTP status: 503 Service Unavailable'), 'Sandbox.Unavailable'],
  [Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }), 'Sandbox.Unavailable'],
];

for (const [error, type] of WORDINGS) {
  test(`${type}: ${error.message.slice(0, 80)}`, () => {
    const failure = pullFailure(error, NAME);
    assert.equal(failure.type, type);
    assert.equal(failure.retryAfterMs, type === 'Sandbox.RateLimit' ? 900_000 : null);
    assert.doesNotMatch(failure.message, /HTTP code \d+\)/);
  });
}

test('who may have to log in is told where', () => {
  const { message } = pullFailure(answered(404, 'pull access denied for a/b'), NAME);
  assert.match(
    message,
    /The registry docker\.io does not give the image .*; if it is there, log in: docker login docker\.io$/,
  );
});

test('an error of ours stays what it is', () => {
  const ours = new SteadfastError('Config.Invalid', 'x');
  assert.equal(pullFailure(ours, NAME), ours);
});
