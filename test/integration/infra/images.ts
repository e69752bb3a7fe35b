import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadConfig } from '../../../src/config.ts';
import { packageRoot, toolPaths, versions } from '../../../src/local/setup/paths.mjs';

const run = promisify(execFile);
const { environment, cache } = loadConfig();
/** What set-up makes by debootstrap. */
const baseImageName = `steadfast-base:${versions.debian}`;
const npmVersion = '11.21.2';

/** What a program that was run to its end said. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs the docker command on the daemon that set-up found or started; the classic builder, which every daemon has. */
export async function docker(...args: readonly string[]): Promise<Ended> {
  const own = toolPaths(cache).dockerSocket;
  const host = environment['DOCKER_HOST'] ?? (existsSync(own) ? `unix://${own}` : undefined);
  const env = { ...environment, DOCKER_BUILDKIT: '0', ...(host === undefined ? {} : { DOCKER_HOST: host }) };
  try {
    const { stdout, stderr } = await run('docker', args, { env, maxBuffer: 64 << 20 });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { code, output: stdout + stderr };
  }
}

/** Builds one of infra/images; fails with the builder's last lines. */
export async function build(options: {
  readonly dockerfile: string;
  readonly context: string;
  readonly tag: string;
  readonly base: string;
  readonly target?: string;
}): Promise<void> {
  const { dockerfile, context, tag, base, target } = options;
  const file = join(packageRoot, 'infra/images', dockerfile);
  const stage = target === undefined ? [] : ['--target', target];
  // The host's network: the tests' own daemon has no bridge.
  const args = [
    'build',
    '--network',
    'host',
    '-f',
    file,
    '--build-arg',
    `BASE=${base}`,
    ...stage,
    '-t',
    tag,
    context,
  ];
  const ended = await docker(...args);
  if (ended.code !== 0)
    throw new Error(`${dockerfile}:\n${ended.output.trimEnd().split('\n').slice(-25).join('\n')}`);
}

/** A base with Node, made without a registry of images: set-up's Debian, what this machine trusts, and Node from npm. */
export async function nodeBase(): Promise<string> {
  const trusting = await trustingBase();
  const context = join(cache, `image-node-${versions.node}`);
  if (!existsSync(join(context, 'node_modules/npm/package.json'))) {
    const packages = [`node-linux-${process.arch}@${versions.node}`, `npm@${npmVersion}`];
    await run('npm', ['install', '--prefix', context, '--no-audit', '--no-fund', ...packages]);
  }
  const tag = `steadfast-node-base:${versions.node}`;
  await build({ dockerfile: 'node-base.Dockerfile', context, tag, base: trusting });
  return tag;
}

/** Set-up's Debian with this machine's certificates and registries, so that a build inside reaches what one outside does. */
async function trustingBase(): Promise<string> {
  const found = await docker('image', 'inspect', baseImageName);
  if (found.code !== 0)
    throw new Error(`the image ${baseImageName} is not there; \`npm test\` makes it: ${found.output}`);
  const folder = await mkdtemp(join(tmpdir(), 'steadfast-base-'));
  try {
    const lines = [`FROM ${baseImageName}`];
    const bundle = environment['NODE_EXTRA_CA_CERTS'] ?? environment['SSL_CERT_FILE'];
    if (bundle !== undefined && existsSync(bundle)) {
      const inside = '/etc/ssl/certs/ca-certificates.crt';
      await copyFile(bundle, join(folder, 'bundle'));
      lines.push(`COPY bundle ${inside}`, `ENV NODE_EXTRA_CA_CERTS=${inside} PIP_CERT=${inside}`);
    }
    const settings = ['PIP_INDEX_URL', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'].map((name) => [
      name,
      environment[name],
    ]);
    const { stdout } = await run('npm', ['config', 'get', 'registry']);
    for (const [name, value] of [...settings, ['npm_config_registry', stdout.trim()]]) {
      if (value !== undefined && value !== '') lines.push(`ENV ${name}=${JSON.stringify(value)}`);
    }
    await writeFile(join(folder, 'Dockerfile'), lines.join('\n'));
    const tag = 'steadfast-trusting-base:test';
    const built = await docker('build', '-t', tag, folder);
    if (built.code !== 0) throw new Error(built.output);
    return tag;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
