import { existsSync } from 'node:fs';
import { type ClientConfigProfile, loadClientConfigProfile } from '@temporalio/envconfig';
import type { Environment } from './environment.ts';

/**
 * How a Temporal server of the user's own is reached, as Temporal's variables and its configuration file say; without an
 * address where neither names one. Throws an Error that names the variable where they cannot be followed.
 */
export function temporalProfile(env: Environment): ClientConfigProfile {
  // Its reader takes an empty value for one; with us it counts as not set. An empty header takes one away.
  const given = Object.entries(env).filter(
    ([name, value]) => value || name.startsWith('TEMPORAL_GRPC_META_'),
  );
  const overrideEnvVars = Object.fromEntries(given) as Record<string, string>;
  const { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: name } = overrideEnvVars;
  const profile = load(overrideEnvVars, name);
  if (profile.address === undefined && file !== undefined && !existsSync(file)) {
    // Temporal's own programs do without; a server of our own would be a surprise.
    throw new Error(`TEMPORAL_CONFIG_FILE is ${JSON.stringify(file)}; expected a file`);
  }
  return profile;
}

function load(overrideEnvVars: Record<string, string>, name: string | undefined): ClientConfigProfile {
  try {
    return loadClientConfigProfile({ overrideEnvVars });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    // What the reader stumbles over is a file without any profile.
    const absent = cause instanceof TypeError || /^Profile .* not found/.test(why);
    if (absent && name === undefined) return loadClientConfigProfile({ overrideEnvVars, disableFile: true });
    throw new Error(
      absent
        ? `TEMPORAL_PROFILE is ${JSON.stringify(name)}; expected a profile of Temporal's configuration file`
        : `Temporal's configuration file (TEMPORAL_CONFIG_FILE) cannot be read: ${why}`,
      { cause },
    );
  }
}
