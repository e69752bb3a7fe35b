import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataHidesTests } from '../../../src/domain/instance.ts';
import { complaint, DIFF, image, LITE, parse, SMITH } from './records.ts';

test("SWE-bench's older rows have an image by rule, and no harness that reads their logs", () => {
  const made = parse(LITE);
  assert.equal(made.format, 'swe-bench');
  assert.deepEqual([made.bugPatch, made.goldPatch, made.testPatch], [null, DIFF, DIFF]);
  assert.deepEqual(
    made.passToPass,
    ['tests/test_a.py::test_b[x y', 'tests/test_a.py::test_c'],
    'a cut id stays cut',
  );
  assert.deepEqual(made.source, {
    kind: 'image',
    image: 'swebench/sweb.eval.x86_64.pallets_1776_flask-4045:latest',
  });
  assert.deepEqual([made.runner, made.official], ['pytest', null]);
});

test("SWE-bench's rows of 5.0 on bring their image, script and parser along", () => {
  const row = {
    ...LITE,
    image: 'swebench/sweb.eval.x86_64.pallets_1776_flask-4045:latest',
    eval_script: '#!/bin/bash\nset -uxo pipefail\n',
    log_parser: 'parse_log_pytest',
    eval_type: 'fail_only',
    image_assets: '{}',
    hints_text: 'not read',
  };
  const { official, source } = parse(row);
  assert.deepEqual(source, { kind: 'image', image: row.image });
  assert.deepEqual(official, {
    harness: 'swebench',
    evalScript: row.eval_script,
    logParser: 'parse_log_pytest',
    evalType: 'fail_only',
    record: {
      instance_id: LITE.instance_id,
      repo: LITE.repo,
      version: '2.0',
      image: row.image,
      FAIL_TO_PASS: ['tests/test_a.py::test_dotted_names'],
      PASS_TO_PASS: ['tests/test_a.py::test_b[x y', 'tests/test_a.py::test_c'],
      log_parser: 'parse_log_pytest',
      eval_type: 'fail_only',
      eval_script: row.eval_script,
      image_assets: '{}',
    },
  });
  assert.match(
    complaint({ ...row, eval_type: 'some' }),
    /eval_type is "some"; expected "pass_and_fail" or "fail_only"/,
  );
});

test("ids of Django's runner, first lines of docstrings and bare names stay as they are, and tell the runner", () => {
  const ids = [
    'test_x (forms_tests.tests.Case)',
    'A cached sitemap index can be rendered (#2713).',
    '  odd  ',
  ];
  const django = parse({ ...LITE, repo: 'django/django', PASS_TO_PASS: JSON.stringify(ids) });
  assert.deepEqual([django.runner, django.passToPass], ['django', ids]);
  assert.equal(parse({ ...LITE, repo: 'sympy/sympy', FAIL_TO_PASS: ['test_latex'] }).runner, 'script');
  assert.equal(parse({ ...LITE, repo: 'django/django' }).runner, 'pytest', 'all ids are of pytest');
  assert.equal(
    parse({ ...LITE, PASS_TO_PASS: ['docs/guide.rst::guide.rst', 'a b/test_c.py::D::e[f g]'] }).runner,
    'pytest',
  );
});

test('SWE-smith: a patch that makes the bug, images of older and newer names, and its own harness', () => {
  assert.deepEqual(
    imageOf('swesmith.x86_64.oauthlib__oauthlib.1fd52536'),
    image('jyangballin/swesmith.x86_64.oauthlib_1776_oauthlib.1fd52536'),
  );
  assert.deepEqual(
    imageOf('swesmith.x86_64.Oauthlib_1776_oauthlib.1fd52536'),
    image('swebench/swesmith.x86_64.oauthlib_1776_oauthlib.1fd52536'),
  );
  assert.deepEqual(imageOf('mirror.example/x/y:1'), image('mirror.example/x/y:1'));
  const made = parse({ ...SMITH, image_name: 'x/y', base_commit: 'c', problem_statement: '' });
  assert.deepEqual([made.format, made.bugPatch, made.goldPatch], ['swe-smith', DIFF, null]);
  assert.deepEqual(made.official, {
    harness: 'swesmith',
    evalScript: null,
    logParser: null,
    evalType: null,
    record: { ...SMITH, image_name: 'x/y', base_commit: 'c' },
  });
});

test("the language of SWE-smith's other data sets is their patch's, and their ids are not pytest's", () => {
  assert.deepEqual(languageAndRunner('src/a.py'), ['python', 'pytest']);
  assert.deepEqual(languageAndRunner('parse.go'), ['go', 'script']);
  assert.deepEqual(languageAndRunner('src/lib.rs'), ['rust', 'script']);
  assert.deepEqual(languageAndRunner('src/main/java/A.java'), ['java', 'script']);
  assert.deepEqual(languageAndRunner('index.ts'), ['typescript', 'script']);
  const mixed = ['setup.py', 'a.go', 'b.go'].map((path) => DIFF.replaceAll('src/a.py', path)).join('');
  assert.equal(parse({ ...SMITH, image_name: 'x/y', patch: mixed }).language, 'go', 'of most files');
  assert.deepEqual(parse({ ...SMITH, image_name: 'x/y', language: 'Rust' }).language, 'rust');
});

test('SWE-Gym and SWE-rebench are of SWE-bench’s family, each with images by its own rule', () => {
  const gym = parse({
    ...LITE,
    instance_id: 'getmoto__moto-5752',
    repo: 'getmoto/moto',
    FAIL_TO_PASS: ['tests/a.py::b'],
  });
  assert.deepEqual(gym.source, {
    kind: 'image',
    image: 'xingyaoww/sweb.eval.x86_64.getmoto_s_moto-5752:latest',
  });
  const monai = parse({ ...LITE, instance_id: 'Project-MONAI__MONAI-1', repo: 'Project-MONAI/MONAI' });
  assert.deepEqual(monai.source, image('xingyaoww/sweb.eval.x86_64.project-monai_s_monai-1:latest'));
  const first = parse({ ...LITE, version: 3, docker_image: 'swerebench/sweb.eval.x86_64.a_1776_b-1' });
  assert.deepEqual(first.source, { kind: 'image', image: 'swerebench/sweb.eval.x86_64.a_1776_b-1' });
  const second = parse({
    ...LITE,
    instance_id: 'unidata__netcdf-c-1925',
    repo: 'Unidata/netcdf-c',
    language: 'c',
    image_name: 'docker.io/swerebenchv2/unidata-netcdf-c:1925-ad6bff3',
    FAIL_TO_PASS: ['tst_filter.sh'],
    created_at: 1609298073000,
    install_config: { install: ['make'] },
  });
  assert.deepEqual(second.source, {
    kind: 'image',
    image: 'docker.io/swerebenchv2/unidata-netcdf-c:1925-ad6bff3',
  });
  assert.deepEqual([second.format, second.runner, second.official], ['swe-bench', 'script', null]);
});

test("SWE-smith's images hold the tests that its branches for Python, Go and Java take away", () => {
  assert.equal(hides({}), true);
  assert.equal(hides({ language: 'go' }), true);
  assert.equal(hides({ language: 'rust' }), false);
  assert.equal(hides({ source: { kind: 'folder', path: 'x' } }), false);
  assert.equal(hides({ test_patch: '' }), false);
});

function hides(changed: object): boolean {
  return dataHidesTests(parse({ ...SMITH, image_name: 'x/y', ...changed }));
}

function imageOf(image_name: string): unknown {
  return parse({ ...SMITH, image_name }).source;
}

function languageAndRunner(path: string): readonly string[] {
  const { language, runner } = parse({
    ...SMITH,
    image_name: 'x/y',
    patch: DIFF.replaceAll('src/a.py', path),
  });
  return [language, runner];
}
