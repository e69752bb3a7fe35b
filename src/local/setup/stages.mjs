import { versions } from './paths.mjs';
import { runtimeParts, testParts } from './parts.mjs';

/**
 * @typedef {object} Stage
 * @property {string} name
 * @property {(paths: ReturnType<typeof import('./paths.mjs').toolPaths>) => string[]} command
 * @property {string[]} needs names of the parts of set-up that it wants
 * @property {number} minutes after which it is ended
 * @property {string} [folder] where it runs, from the package's root
 * @property {Record<string, string>} [env]
 */

const everything = [...runtimeParts, ...testParts].map((part) => part.name);

const testEnvironment = {
  STEADFAST_TEST_POSTGRESQL: `/usr/lib/postgresql/${versions.postgresql}/bin`,
  // The base that set-up made: the Dockerfile's own needs a registry.
  STEADFAST_SANDBOX_BASE: `steadfast-base:${versions.debian}`,
};

/**
 * The stages of `npm test`, in order. One by name: `npm test -- unit`.
 * @type {Stage[]}
 */
export const stages = [
  { name: 'check', command: () => ['npm', 'run', '-s', 'check'], needs: ['npm packages'], minutes: 5 },
  { name: 'unit', command: () => ['npm', 'run', '-s', 'test:unit'], needs: ['npm packages'], minutes: 10 },
  { name: 'replay', command: () => ['npm', 'run', '-s', 'test:replay'], needs: ['npm packages'], minutes: 5 },
  {
    name: 'trainer',
    command: (paths) => [paths.trainerTestPython, '-m', 'pytest', '-q'],
    needs: ['uv', 'trainer environment', "trainer's test environment"],
    minutes: 20,
    folder: 'trainer',
    // Faster by far than two threads for models this small, and steadier.
    env: { OMP_NUM_THREADS: '1', PYTHONDONTWRITEBYTECODE: '' },
  },
  {
    name: 'integration',
    // Two files at a time, on however many cores: much of each is waiting, and no test is decided by a timing.
    command: () => ['node', '--test', '--test-concurrency=2', 'test/integration/**/*.test.ts'],
    needs: everything,
    minutes: 50,
    env: testEnvironment,
  },
  {
    name: 'attacks',
    command: () => ['node', '--test', '--test-concurrency=1', 'test/attacks/*.test.ts'],
    needs: everything,
    minutes: 15,
    env: testEnvironment,
  },
  {
    name: 'chaos',
    // A few tries of each fault; `npm run chaos` makes the many. Much of each is waiting, as above.
    command: () => ['node', '--test', '--test-concurrency=2', 'test/chaos/*.test.ts'],
    needs: everything,
    minutes: 30,
    env: testEnvironment,
  },
];
