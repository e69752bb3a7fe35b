import { join } from 'node:path';
import { pythonEnvironment } from './python-environment.mjs';

/** What the official graders run in: their packages alone, without what those ask for (grader/requirements.in). */
export const grader = pythonEnvironment({
  name: 'grader environment',
  lock: (context) => join(context.paths.grader, 'requirements.lock'),
  folder: (context) => context.paths.graderEnv,
  after: ['uv'],
  program: [
    'from steadfast_grader import packages',
    'packages.prepare()',
    'from steadfast_grader import swebench_rows, swesmith_rows',
  ].join('\n'),
  cwd: (context) => context.paths.grader,
});
