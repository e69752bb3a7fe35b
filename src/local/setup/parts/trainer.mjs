import { join } from 'node:path';
import { pythonEnvironment } from './python-environment.mjs';

// The locks' hashes are those of PyPI's wheels; an index of CPU-only wheels has others, so it can't serve them.
const program = 'import torch, transformers, peft';

/** What the policy server runs in. */
export const trainer = pythonEnvironment({
  name: 'trainer environment',
  lock: (context) => context.paths.trainerLock,
  folder: (context) => context.paths.trainerEnv,
  after: ['uv'],
  program,
});

/** What the policy server's tests run in; it follows the other, whose files uv links from its cache. */
export const trainerTest = pythonEnvironment({
  name: "trainer's test environment",
  lock: (context) => join(context.paths.trainer, 'requirements-test.lock'),
  folder: (context) => context.paths.trainerTestEnv,
  after: ['uv', 'trainer environment'],
  program,
});
