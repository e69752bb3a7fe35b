import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBubblewrapSandbox } from '../../../src/adapters/sandbox/bubblewrap/sandbox.ts';
import { createSandboxes } from '../../../src/adapters/sandbox/choose.ts';
import type { Sandboxes, SandboxesOptions } from '../../../src/adapters/sandbox/choose.ts';
import { createDockerSandbox } from '../../../src/adapters/sandbox/docker/sandbox.ts';
import { loadConfig } from '../../../src/config.ts';
import type { Instance } from '../../../src/domain/instance.ts';
import { toolPaths } from '../../../src/local/setup/paths.mjs';
import type {
  CommandResult,
  Sandbox,
  SandboxCommand,
  SandboxLimits,
  SandboxSpec,
  Snapshot,
} from '../../../src/ports/sandbox.ts';

const MIB = 1 << 20;

/** Small enough that a test reaches every limit in a moment. */
export const LIMITS: SandboxLimits = { memoryBytes: 192 * MIB, pids: 48, cpus: 1, diskBytes: 64 * MIB };

/** Far enough away for any test. */
export const DEADLINE = new Date(Date.now() + 3_600_000).toISOString();

/** An instance that needs nothing but pytest. */
export const INSTANCE: Instance = {
  instanceId: 'pypi__toy.00000000.func__1',
  format: 'pypi-sdist',
  repo: 'pypi/toy',
  problemStatement: '',
  failToPass: [],
  passToPass: [],
  source: { kind: 'pypi-sdist', name: 'toy', version: '1', filename: 'toy-1.tar.gz', sha256: '0' },
  bugPatch: null,
  goldPatch: null,
  testPatch: null,
  baseCommit: null,
  language: 'python',
  requirements: [],
  runner: 'pytest',
  official: null,
};

/** What the adapters of the tests are made with; STEADFAST_SANDBOX_BASE names the base image. */
export function optionsFor(stateDir: string): SandboxesOptions {
  const { cache, environment } = loadConfig();
  return {
    stateDir,
    pythonEnv: toolPaths(cache).guestEnv,
    dockerfile: fileURLToPath(new URL('../../../infra/images/sandbox/Dockerfile', import.meta.url)),
    baseImage: environment['STEADFAST_SANDBOX_BASE'] ?? 'steadfast-base:bookworm',
  };
}

/** An adapter of one kind, whether or not `auto` would take it. */
export function adapter(kind: Sandbox['kind'], stateDir: string): Sandbox {
  const options = optionsFor(stateDir);
  return kind === 'docker' ? createDockerSandbox(options) : createBubblewrapSandbox(options);
}

/** Both adapters behind their choice. */
export function sandboxes(stateDir: string): Sandboxes {
  return createSandboxes(optionsFor(stateDir));
}

/** A folder for a test file, with a tree to copy: text, a binary file, a link, CRLF lines, an ignored file, attributes. */
export async function makeHost(): Promise<{
  readonly stateDir: string;
  readonly tree: string;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-test-'));
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'src', 'toy'), { recursive: true });
  await mkdir(join(tree, 'tests'));
  await writeFile(join(tree, 'src', 'toy', '__init__.py'), 'def one():\n    return 1\n');
  await writeFile(
    join(tree, 'tests', 'test_toy.py'),
    'import toy\n\n\ndef test_one():\n    assert toy.one() == 1\n',
  );
  await writeFile(join(tree, 'data.bin'), Buffer.from([0, 1, 2, 255, 254, 0]));
  await writeFile(join(tree, 'latin.txt'), Buffer.from('caf\xe9\n', 'latin1'));
  await writeFile(join(tree, 'crlf.txt'), 'one\r\ntwo\r\n');
  await writeFile(join(tree, '.gitattributes'), '* text=auto\n*.py diff=python\n');
  await writeFile(join(tree, '.gitignore'), 'ignored.txt\nbuild/\n');
  await writeFile(join(tree, 'ignored.txt'), 'shipped though ignored\n');
  await writeFile(join(tree, 'run.sh'), '#!/bin/sh\necho run\n', { mode: 0o755 });
  await symlink('src/toy', join(tree, 'link'));
  return {
    stateDir: join(folder, 'state'),
    tree,
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}

/** What to open for a test, of a run that nobody else has. */
export function specOf(name: string, tree: string): SandboxSpec {
  return { name, run: 'r', instance: INSTANCE, tree, limits: LIMITS, deadline: DEADLINE };
}

/** One open sandbox under test. */
export class Box {
  readonly sandbox: Sandbox;
  readonly name: string;
  private calls = 0;

  constructor(sandbox: Sandbox, name: string) {
    this.sandbox = sandbox;
    this.name = name;
  }

  static async open(sandbox: Sandbox, tree: string, limits = LIMITS): Promise<Box> {
    const name = `run-1/g-000001/${crypto.randomUUID()}/0.1`;
    await sandbox.open({ name, run: 'run-1', instance: INSTANCE, tree, limits, deadline: DEADLINE });
    return new Box(sandbox, name);
  }

  /** One in an instance's own image, which brings the tree. */
  static async inImage(sandbox: Sandbox, name: string, instance: Instance): Promise<Box> {
    await sandbox.open({ name, run: 'r', instance, tree: null, limits: LIMITS, deadline: DEADLINE });
    return new Box(sandbox, name);
  }

  async run(script: string, options: Partial<SandboxCommand> = {}): Promise<CommandResult> {
    const key = `turn-${this.calls++}`;
    const defaults = { key, script, session: 'shell' as const, timeoutMs: 30_000, outputBytes: 10_000 };
    return await this.sandbox.run(this.name, { ...defaults, ...options });
  }

  /** The output of a command that must end well. */
  async output(script: string, options: Partial<SandboxCommand> = {}): Promise<string> {
    const { exitCode, output } = await this.run(script, options);
    if (exitCode !== 0) throw new Error(`${script} ended with ${exitCode}: ${output}`);
    return output;
  }

  /** The state, which must be small enough. */
  async snapshot(): Promise<Snapshot> {
    const snapshot = await this.sandbox.snapshot(this.name, 16 * MIB);
    if (snapshot === null) throw new Error(`the snapshot of ${this.name} is larger than 16 MiB`);
    return snapshot;
  }

  /** The changes, which must be small. */
  async diff(): Promise<string> {
    const patch = await this.sandbox.diff(this.name, MIB);
    if (patch === null) throw new Error(`the diff of ${this.name} is larger than 1 MiB`);
    return patch;
  }

  async close(): Promise<void> {
    await this.sandbox.close(this.name);
  }
}
