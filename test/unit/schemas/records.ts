import assert from 'node:assert/strict';
import type { Instance } from '../../../src/domain/instance.ts';
import { SteadfastError } from '../../../src/domain/failures.ts';
import { parseInstance } from '../../../src/schemas/instance.ts';

/** A patch of one line of Python. */
export const DIFF =
  'diff --git a/src/a.py b/src/a.py\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n';

/** A source that is an image. */
export const image = (name: string): unknown => ({ kind: 'image', image: name });

/** Parses a record that stands in the first line of a file. */
export const parse = (record: Readonly<Record<string, unknown>>): Instance =>
  parseInstance(record, 'data.jsonl line 1', { imageNamespace: null });

/** The message of the Instance.Invalid that a record causes. */
export function complaint(record: Readonly<Record<string, unknown>>): string {
  try {
    parse(record);
  } catch (error) {
    assert.ok(error instanceof SteadfastError && error.type === 'Instance.Invalid');
    return error.message;
  }
  throw new assert.AssertionError({ message: `accepted: ${JSON.stringify(record)}` });
}

/** A row as SWE-bench Lite has them. */
export const LITE = {
  instance_id: 'pallets__flask-4045',
  repo: 'pallets/flask',
  base_commit: 'd8c37f43724cd9fb0870f77877b7c4c7e38a19e0',
  patch: DIFF,
  test_patch: DIFF,
  version: '2.0',
  FAIL_TO_PASS: '["tests/test_a.py::test_dotted_names"]',
  PASS_TO_PASS: '["tests/test_a.py::test_b[x y", "tests/test_a.py::test_c"]',
};

/** A row of SWE-smith, without its image. */
export const SMITH = {
  instance_id: 'oauthlib__oauthlib.1fd52536.combine_file__09vlzwgc',
  repo: 'swesmith/oauthlib__oauthlib.1fd52536',
  patch: DIFF,
  FAIL_TO_PASS: ['tests/a.py::test_a'],
  PASS_TO_PASS: ['tests/a.py::test_b'],
};
