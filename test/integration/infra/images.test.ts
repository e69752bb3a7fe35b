import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { packageRoot } from '../../../src/local/setup/paths.mjs';
import { build, docker, nodeBase } from './images.ts';

const worker = 'steadfast-worker:test';

suite('the images of infra/images, built on a debootstrap base', () => {
  let base: string;

  before(async () => {
    base = await nodeBase();
  });

  test("the worker's runs the command line, and knows its roles", async () => {
    await build({ dockerfile: 'worker.Dockerfile', context: packageRoot, tag: worker, base });
    const help = await runImage('--help');
    assert.equal(help.code, 0, help.output);
    assert.match(help.output, /steadfast/);
    const unknown = await runImage('worker', '--roles', 'modle');
    assert.equal(unknown.code, 2, unknown.output);
    assert.match(unknown.output, /did you mean model/);
  });

  test("the worker's has what the roles call: native packages, git, pip, a writable volume; and is not root", async () => {
    const script = [
      'cd /opt/steadfast && node -e \'require("@temporalio/worker"); require("@swc/core")\'',
      'git --version && python3 -m pip --version',
      'touch /var/lib/steadfast/file && ! touch /opt/steadfast/file',
      'test "$(id -u)" = 1000',
    ].join(' && ');
    const ended = await docker(
      'run',
      '--rm',
      '--network',
      'none',
      '--entrypoint',
      'sh',
      worker,
      '-ec',
      script,
    );
    assert.equal(ended.code, 0, ended.output);
  });

  test("the trainer's takes the base (its packages, most of 6 GB, are left to a build by hand)", async () => {
    const tag = 'steadfast-trainer:test-base';
    await build({ dockerfile: 'trainer.Dockerfile', context: packageRoot, tag, base, target: 'base' });
    const script = 'pip --version && test -s requirements.lock';
    const ended = await docker('run', '--rm', '--network', 'none', tag, 'sh', '-ec', script);
    assert.equal(ended.code, 0, ended.output);
    assert.match(ended.output, /\/opt\/venv/);
  });
});

async function runImage(...args: readonly string[]) {
  return await docker('run', '--rm', '--network', 'none', worker, ...args);
}
