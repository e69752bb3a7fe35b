import type { Instance } from '../../src/domain/instance.ts';

/** A small instance for tests, with some fields changed. */
export function instance(changed: Partial<Instance> = {}): Instance {
  return {
    instanceId: 'demo__1',
    format: 'pypi-sdist',
    repo: 'pypi/demo',
    problemStatement: 'It is broken.',
    failToPass: ['tests/test_it.py::test_it'],
    passToPass: ['tests/test_it.py::test_other'],
    source: {
      kind: 'pypi-sdist',
      name: 'demo',
      version: '1.0',
      filename: 'demo-1.0.tar.gz',
      sha256: '0'.repeat(64),
    },
    bugPatch: '',
    goldPatch: null,
    testPatch: null,
    baseCommit: null,
    language: 'python',
    ...changed,
  };
}
