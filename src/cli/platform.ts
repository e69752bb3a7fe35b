import type { Config } from '../config.ts';
import { NEEDED_BY_RUNS, requireSameEnvironment } from '../local/platform-environment.ts';
import { ensurePlatform, platformStatus } from '../local/platform.ts';
import { policyPlace } from '../local/policy-place.ts';
import { modelPath } from './config-file.ts';
import { CommandError, UsageError } from './errors.ts';
import { webAddress } from './temporal-client.ts';

/**
 * Sees to a server and workers: the user's own where TEMPORAL_ADDRESS or a profile names them, else the embedded platform,
 * which must have come up with what is set now.
 */
export async function ensureReady(
  config: Config,
  say: (line: string) => void,
  model?: string,
): Promise<void> {
  if (config.temporalAddress !== null) return;
  const state = platformStatus(config);
  if (state?.phase === 'ready') {
    requireSameEnvironment(config, state);
    return;
  }
  const started = Date.now();
  const parts: string[] = [];
  await ensurePlatform(config, {
    // A policy server elsewhere loads the model when a run names it.
    ...(model === undefined || config.policyElsewhere ? {} : { model }),
    progress: (line) => parts.push(line),
    waiting: say,
  });
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  say(`started the platform in ${seconds} s (${parts.join(', ')}); it stays up until: steadfast down`);
}

/**
 * Brings the embedded platform up, and says where a model that was asked for comes too late, since it is up already. A
 * folder is taken from `cwd`: the policy server stands in one of its own.
 */
export async function bringUp(
  config: Config,
  say: (line: string) => void,
  asked: { readonly model: string | undefined; readonly without?: readonly string[]; readonly cwd: string },
): Promise<void> {
  if (asked.model !== undefined && config.policyElsewhere) {
    throw new UsageError(
      '--model has no meaning where STEADFAST_POLICY_URL is set: the policy server there loads the model that a run names',
    );
  }
  const model = asked.model === undefined ? undefined : await modelPath(asked.model, asked.cwd);
  const without = asked.without ?? [];
  const unknown = without.find((name) => !NEEDED_BY_RUNS.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--without names ${JSON.stringify(unknown)}; expected some of ${NEEDED_BY_RUNS.join(', ')}`,
    );
  const wasUp = platformStatus(config)?.phase === 'ready';
  if (wasUp && without.length > 0)
    throw new CommandError('--without has no meaning now: the platform is up already');
  const state = await ensurePlatform(config, {
    ...(model === undefined ? {} : { model }),
    without,
    progress: say,
    waiting: say,
  });
  if (policyPlace(config) === 'nowhere')
    say('no policy server, which trains and samples weights of your own: node src/local/setup/setup.mjs');
  const web = webAddress(config, null);
  say(`${wasUp ? 'already up' : 'up'}${web === null ? '' : `; Temporal Web UI: ${web}`}`);
  if (model !== undefined && model !== state.model) {
    const present = state.model === null ? 'without a model' : `with ${state.model}`;
    say(`--model ${model} takes effect after steadfast down: the platform came up ${present}`);
  }
}

/**
 * What is said while no worker answers. At a server of the user's own nobody but the user starts workers: `up` starts all
 * on this machine and the policy server, `worker` those of some roles.
 */
export function waitingLine({ temporalAddress }: Pick<Config, 'temporalAddress'>): string {
  const line = 'waiting for a worker to answer; steadfast up';
  return temporalAddress === null
    ? `${line} starts one that is down`
    : `${line} or steadfast worker starts one`;
}
