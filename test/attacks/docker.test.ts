import { allAttacks } from './support/collect.ts';
import { suite } from './support/suite.ts';

/** One or two of each theme: what differs between the adapters is who holds the report's pipe, the limits and the walls. */
const REPRESENTATIVE: ReadonlySet<string> = new Set([
  'tests/replace-folder',
  'configuration/usercustomize',
  'configuration/exported-options',
  'results/every-descriptor',
  'results/report-object',
  'process/left-behind',
  'process/kill-the-parent',
  'process/git-configuration',
  'history/objects',
  'history/installed-copy',
  'host/environments',
  'host/files',
  'host/neighbours',
  'host/mounts',
  'host/docker-socket',
  'host/network',
  'host/kernel',
  'host/memory',
  'host/supervisor',
  'artifacts/fifos',
  'artifacts/odd-names',
  'resources/fork-bomb',
  'resources/memory-bomb',
  'resources/report-flood',
]);

suite(
  'docker',
  (await allAttacks()).filter(({ theme, name }) => REPRESENTATIVE.has(`${theme}/${name}`)),
);
