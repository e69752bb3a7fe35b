import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaint, DIFF, LITE, parse, SMITH } from './records.ts';

test('a row of SWE-bench with a source runs from it, with its test patch and its requirements', () => {
  const source = {
    kind: 'pypi-sdist',
    name: 'Django',
    version: '4.0',
    filename: 'Django-4.0.tar.gz',
    sha256: 'a'.repeat(64),
  };
  const made = parse({
    ...LITE,
    repo: 'django/django',
    source,
    extra_deps: ['asgiref', 'sqlparse<0.5', 'asgiref'],
    eval_script: '#!/bin/bash\n',
    log_parser: 'parse_log_django',
  });
  assert.equal(made.official, null, 'whose script runs in an image');
  assert.equal(made.format, 'swe-bench');
  assert.deepEqual([made.bugPatch, made.goldPatch, made.testPatch], [null, DIFF, DIFF]);
  assert.deepEqual(made.source, source);
  assert.deepEqual(made.requirements, ['asgiref', 'sqlparse<0.5']);
});

test('requirements are lists, their JSON text or lines, and name packages alone', () => {
  const source = { kind: 'git', url: 'https://example.org/a.git', commit: 'b'.repeat(40) };
  const of = (requirements: unknown): readonly string[] =>
    parse({ ...SMITH, source, requirements }).requirements;
  assert.deepEqual(of('["a>=1,<2", "b[c,d]==1.0; python_version < \\"3.12\\""]'), [
    'a>=1,<2',
    'b[c,d]==1.0; python_version < "3.12"',
  ]);
  assert.deepEqual(of('# tools\na==1.0\n\nb  # why\n'), ['a==1.0', 'b']);
  assert.deepEqual(of(null), []);
  for (const bad of ['--index-url=http://x', 'a @ http://x/a.whl', './a', '-r other.txt', 'a b']) {
    assert.match(
      complaint({ ...SMITH, source, requirements: [bad] }),
      /requirements is \[.*expected a list of pip requirements/,
    );
  }
  // SWE-rebench keeps the freeze of an image's packages under that name.
  assert.deepEqual(parse({ ...LITE, requirements: '-e git+https://x@y#egg=z\n' }).requirements, []);
});

test('git commits and folders are sources, as objects or as JSON text', () => {
  const git = { kind: 'git', url: 'git@example.org:a/b.git', commit: 'a'.repeat(40) };
  assert.deepEqual(parse({ ...SMITH, source: JSON.stringify(git) }).source, git);
  const made = parse({ ...SMITH, repo: 'me/mine', source: { kind: 'folder', path: '../mine', url: null } });
  assert.deepEqual(made.source, { kind: 'folder', path: '../mine', digest: '' });
  assert.deepEqual([made.format, made.bugPatch, made.official], ['swe-smith', DIFF, null]);
  for (const url of ['ext::sh -c id', '--upload-pack=x', '../x']) {
    assert.match(
      complaint({ ...SMITH, source: { ...git, url } }),
      /source\.url is ".*"; expected a URL that git clones/,
    );
  }
  assert.match(
    complaint({ ...SMITH, source: { ...git, commit: 'main' } }),
    /source\.commit is "main"; expected a full commit/,
  );
  assert.match(
    complaint({ ...SMITH, source: 'somewhere' }),
    /source is "somewhere"; expected an object \{kind: "pypi-sdist"/,
  );
});
