import type { Instance } from '../../src/domain/instance.ts';
import { WHOLE_DATA } from '../../src/domain/run-config.ts';
import type { DataSource } from '../../src/ports/datasets.ts';

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
    requirements: [],
    runner: 'pytest',
    official: null,
    ...changed,
  };
}

/** Where a whole data file is read from. */
export function wholeOf(data: string, requireNonZeroTests = false): DataSource {
  return { data, selection: WHOLE_DATA, seed: 0, requireNonZeroTests };
}
