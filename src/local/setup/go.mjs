import { existsSync } from 'node:fs';

/**
 * The go command, on PATH or where its own installer puts it.
 * @param {import('./context.mjs').Context} context
 * @returns {string | undefined}
 */
export function findGo(context) {
  return context.which('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : undefined);
}

/**
 * Builds programs from Go modules into a folder. Without C: no compiler is needed.
 * @param {import('./context.mjs').Context} context
 * @param {string} go
 * @param {string} folder
 * @param {string} ldflags
 * @param {string[]} packages with their versions
 * @returns {Promise<string | null>} the last line of what went wrong; null when all are built
 */
export async function goInstall(context, go, folder, ldflags, packages) {
  const env = { ...context.env, GOBIN: folder, CGO_ENABLED: '0', GOFLAGS: '' };
  const built = await context.probe(go, ['install', '-ldflags', ldflags, ...packages], { env });
  return built.code === 0 ? null : (built.stderr.trim().split('\n').at(-1) ?? '');
}
