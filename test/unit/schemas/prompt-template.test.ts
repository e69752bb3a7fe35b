import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DEFAULT_INSTANCE_PROMPT_TEMPLATE,
  PLACEHOLDERS,
  checkTemplate,
  renderTemplate,
} from '../../../src/schemas/prompt-template.ts';
import { instance } from '../../support/instance.ts';

test('fills every placeholder in, lists one a line', () => {
  const template = Object.keys(PLACEHOLDERS)
    .map((name) => `${name}={${name}}`)
    .join('\n');
  assert.deepEqual(checkTemplate(template), []);
  assert.equal(
    renderTemplate(template, instance({ failToPass: ['t.py::a', 't.py::b c'] })),
    'problem_statement=It is broken.\ninstance_id=demo__1\nrepo=pypi/demo\nfail_to_pass=t.py::a\nt.py::b c\nfailing_test=t.py::a\nworking_directory=/testbed',
  );
});

test('what is filled in is not read for placeholders again', () => {
  const told = instance({ problemStatement: 'a {repo} and {{braces}} and $&' });
  assert.equal(renderTemplate('<{problem_statement}>', told), '<a {repo} and {{braces}} and $&>');
});

test('doubled braces are literal', () => {
  assert.deepEqual(checkTemplate('{{"a": {repo}}}'), []);
  assert.equal(renderTemplate('{{"a": {repo}}}', instance()), '{"a": pypi/demo}');
});

test('a placeholder may have blanks around its name', () => {
  assert.deepEqual(checkTemplate('{ repo }'), []);
  assert.equal(renderTemplate('{ repo }', instance()), 'pypi/demo');
});

test('unknown placeholders are named once, with the known ones', () => {
  const [problem, ...more] = checkTemplate('{issue} {issue}');
  assert.equal(more.length, 0);
  assert.match(
    problem ?? '',
    /^\{issue\} is not a placeholder.*\{problem_statement\}.*\{working_directory\}/,
  );
});

for (const template of ['{repo', 'repo}', '{repo} {', 'a } b']) {
  test(`unbalanced braces are refused: ${template}`, () => {
    assert.match(checkTemplate(template).join('\n'), /stands without its other half/);
  });
}

test('the default template is sound and tells the issue, not the tests', () => {
  assert.deepEqual(checkTemplate(DEFAULT_INSTANCE_PROMPT_TEMPLATE), []);
  const prompt = renderTemplate(DEFAULT_INSTANCE_PROMPT_TEMPLATE, instance());
  assert.match(prompt, /It is broken\./);
  assert.doesNotMatch(prompt, /test_it/);
});
