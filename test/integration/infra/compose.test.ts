import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { packageRoot } from '../../../src/local/setup/paths.mjs';
import { versions } from '../../../src/local/setup/paths.mjs';

const infra = join(packageRoot, 'infra');
const compose = readFileSync(join(infra, 'compose.yaml'), 'utf8');
const example = readFileSync(join(infra, '.env.example'), 'utf8');

suite('infra/compose.yaml', () => {
  test('names every variable of .env.example, with the same default, and no other', () => {
    const used = new Map<string, string>();
    for (const [, name = '', fallback] of compose.matchAll(/\$\{([A-Z_]+)(?::-([^}]*)|:\?[^}]*)\}/g)) {
      assert.equal(used.get(name) ?? fallback ?? '', fallback ?? '', `${name} has two defaults`);
      used.set(name, fallback ?? '');
    }
    const offered = new Map(
      [...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    assert.deepEqual(Object.fromEntries(offered), Object.fromEntries(used));
  });

  test('runs each role once, from files that are there', () => {
    const roles = [...compose.matchAll(/'--roles', '(\w+)'/g)].map(([, role]) => role);
    assert.deepEqual(roles, ['orchestrator', 'sandbox', 'model', 'trainer']);
    const files = [...compose.matchAll(/(?:dockerfile: infra|\/etc\/steadfast)\/([\w/.-]+\.\w+)/g)].map(
      ([, file]) => file,
    );
    assert.ok(files.length >= 5, files.join(', '));
    for (const file of files) assert.ok(existsSync(join(infra, file ?? '')), file);
  });

  test("tells our processes nothing that config.ts doesn't read, and the server nothing that server.yaml doesn't", () => {
    const config = readFileSync(join(packageRoot, 'src/config.ts'), 'utf8');
    const server = readFileSync(join(infra, 'temporal/server.yaml'), 'utf8');
    for (const name of namesUnder('x-environment: &environment'))
      assert.ok(config.includes(`'${name}'`), name);
    const toServer = [...namesUnder('environment: &database'), ...namesUnder('<<: *database')];
    assert.ok(toServer.length >= 8, toServer.join(', '));
    for (const name of toServer) assert.ok(server.includes(`env "${name}"`), name);
  });

  test('runs the version of the server that the tests run', () => {
    assert.ok(compose.includes(`temporalio/server:${versions.temporalServer}\n`));
    assert.ok(compose.includes(`temporalio/admin-tools:${versions.temporalServer}-`));
  });
});

/** The variables set in the lines that follow a heading. */
function namesUnder(heading: string): string[] {
  const [, after = ''] = compose.split(`${heading}\n`);
  const names: string[] = [];
  for (const line of after.split('\n')) {
    const name = /^\s+([A-Z_]+): /.exec(line)?.[1];
    if (name === undefined) break;
    names.push(name);
  }
  return names;
}
