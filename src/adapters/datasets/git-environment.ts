type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of git that say how to reach a server, and nothing of what is done with what it sends. */
const KEPT = new Set(['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH']);

/**
 * The environment for git on this host: none of the user's settings, no question to a terminal, and no program that a
 * repository or an address could name.
 */
export function gitEnvironment(environment: Environment): Environment {
  const rest = Object.entries(environment).filter(([name]) => !name.startsWith('GIT_') || KEPT.has(name));
  return {
    ...Object.fromEntries(rest),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
    GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
    GIT_OPTIONAL_LOCKS: '0',
    LC_ALL: 'C',
  };
}
