import { operandsOf, type Executed } from './executed.ts';
import { pipCallOf } from './pip.ts';
import type { Theme } from './theme.ts';

/** Programs that speak to a host, with their options that take a word. */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  curl: [
    '-o',
    '-H',
    '-d',
    '-X',
    '-u',
    '-A',
    '--output',
    '--header',
    '--data',
    '--request',
    '-m',
    '--max-time',
  ],
  wget: ['-O', '-o', '-P', '-U', '--header', '-T', '-t'],
  nc: ['-w', '-p'],
  ncat: ['-w', '-p'],
  netcat: ['-w', '-p'],
  telnet: [],
  ssh: ['-i', '-p', '-o', '-l'],
  sftp: ['-i', '-P', '-o'],
  ftp: [],
  ping: ['-c', '-W', '-i'],
  dig: [],
  nslookup: [],
  traceroute: [],
  aria2c: ['-o', '-d'],
};

/** Package managers by the commands that fetch. */
const FETCHING: Readonly<Record<string, RegExp>> = {
  npm: /^(?:install|i|ci|add|update|view|pack)$/,
  pnpm: /^(?:install|i|add|update|fetch)$/,
  yarn: /^(?:install|add|upgrade)$/,
  gem: /^(?:install|fetch)$/,
  cargo: /^(?:install|fetch|add|update|search)$/,
  go: /^(?:get|install)$/,
  conda: /^(?:install|create|update|search)$/,
  mamba: /^(?:install|create|update|search)$/,
  poetry: /^(?:add|install|update)$/,
  apt: /^(?:install|update|upgrade|download|source)$/,
  'apt-get': /^(?:install|update|upgrade|download|source)$/,
  apk: /^(?:add|update|fetch)$/,
  yum: /^(?:install|update)$/,
  dnf: /^(?:install|update)$/,
};

const GIT_FETCHES = /^(?:fetch|pull|push|ls-remote)$/;
const ADDRESS = /:\/\/|^[\w.-]+@[\w.-]+:/;
/** This machine itself. */
const LOCAL = /^(?:\w+:\/\/)?(?:[^/@]*@)?(?:localhost|127\.|0\.0\.0\.0|\[?::1)|^file:/;
const LOCAL_ANYWHERE = /localhost|127\.0\.0\.1|0\.0\.0\.0|::1|[Mm]ock|responses\.activate|TestClient/;
const CONNECTS =
  /\b(?:requests|httpx|urllib3)\.(?:get|post|put|head|delete|request)\(|\burl(?:open|retrieve)\(|\bcreate_connection\(|\.connect\(\s*\(|\bget(?:addrinfo|hostbyname)\(|\bHTTPS?Connection\(|\bServerProxy\(/;
const REFUSALS =
  /Could not resolve host|Temporary failure in name resolution|Name or service not known|Network is unreachable|Failed to establish a new connection|EAI_AGAIN|ENOTFOUND/;

/** Tries to reach other machines. */
export const networkTried: Theme = (call) => {
  const tried = call.commands.filter((command) => reachesOut(command)).map(({ line }) => line);
  const inCode = call.codes.flatMap((code) =>
    LOCAL_ANYWHERE.test(code) ? [] : (CONNECTS.exec(code)?.[0] ?? []),
  );
  // What the repository's own tests try is not the agent's doing; what its own code tried tells by the refusal.
  const refusal = REFUSALS.exec(call.observation)?.[0];
  const refused =
    refusal !== undefined && call.codes.length > 0 && inCode.length + tried.length === 0 ? [refusal] : [];
  return [...tried, ...inCode, ...refused].map((detail) => ({ kind: 'network_tried', detail }));
};

function reachesOut(command: Executed): boolean {
  const { name, args, reads, writes } = command;
  if ([...reads, ...writes].some((path) => /^\/dev\/(?:tcp|udp)\/(?!localhost|127\.)/.test(path)))
    return true;
  const valued = CLIENTS[name];
  if (valued !== undefined && Object.hasOwn(CLIENTS, name)) {
    if (args.includes('-l') || args.includes('--listen')) return false;
    const [to] = operandsOf(args, valued);
    return to !== undefined && !LOCAL.test(to);
  }
  if (name === 'scp' || name === 'rsync')
    return args.some((arg) => /^[\w.@-]+:/.test(arg) && !LOCAL.test(arg));
  if (name === 'git') return ofGit(args);
  if (Object.hasOwn(FETCHING, name)) return FETCHING[name]?.test(operandsOf(args)[0] ?? '') === true;
  return pipCallOf(command) !== null;
}

function ofGit(args: readonly string[]): boolean {
  const [command = '', ...rest] = operandsOf(args, ['-C', '-c']);
  if (command === 'clone') return rest.some((arg) => ADDRESS.test(arg) && !LOCAL.test(arg));
  if (command === 'submodule' || command === 'remote') return rest[0] === 'update';
  return GIT_FETCHES.test(command);
}
