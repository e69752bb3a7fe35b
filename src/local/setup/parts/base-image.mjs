import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { versions } from '../paths.mjs';
import { aptInstall } from '../apt.mjs';

/** The image that the tests' other images are built from, made without a registry of images. */
const baseImageName = `steadfast-base:${versions.debian}`;

const packages = [
  'python3',
  'python3-venv',
  'python3-pip',
  'git',
  'ca-certificates',
  'patch',
  'procps',
  'tini',
];

/**
 * A Debian image by debootstrap; its tar is kept, so a new daemon has it in seconds.
 * @type {import('../context.mjs').Part}
 */
export const baseImage = {
  name: 'base image',
  after: ['docker engine'],
  async check(context) {
    return (await context.probe('docker', ['image', 'inspect', baseImageName])).code === 0;
  },
  async make(context) {
    if (!existsSync(context.paths.baseImage)) await bootstrap(context);
    await context.run('docker', [
      'import',
      '--change',
      'CMD ["/bin/bash"]',
      context.paths.baseImage,
      baseImageName,
    ]);
    return `base image ${baseImageName} made`;
  },
};

/** @param {import('../context.mjs').Context} context */
async function bootstrap(context) {
  if (!context.which('debootstrap'))
    await aptInstall(context, ['debootstrap'], 'the tests need a base image');
  const tree = join(context.cache, 'base-tree');
  const part = `${context.paths.baseImage}.part`;
  rmSync(tree, { recursive: true, force: true });
  const include = `--include=${packages.join(',')}`;
  await context.run('debootstrap', [
    '--variant=minbase',
    include,
    versions.debian,
    tree,
    ...(await mirror(context)),
  ]);
  await context.run('tar', [
    '-C',
    tree,
    '--exclude=./var/cache/apt/archives/*.deb',
    '--exclude=./dev/*',
    '-cf',
    part,
    '.',
  ]);
  rmSync(tree, { recursive: true, force: true });
  renameSync(part, context.paths.baseImage);
}

/**
 * The machine's own package mirror, where apt names one.
 * @param {import('../context.mjs').Context} context
 */
async function mirror(context) {
  const listed = await context.probe('apt-get', [
    'indextargets',
    '--format',
    '$(SITE)',
    `Created-By: Packages`,
    `Codename: ${versions.debian}`,
  ]);
  const [site] = listed.stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('http'));
  return site === undefined ? [] : [site];
}
