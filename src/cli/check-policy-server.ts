import type { Config } from '../config.ts';
import { policyVersionOf } from '../domain/ids.ts';
import { TRAINER_CAPABILITIES } from '../domain/trainer-capabilities.ts';
import { platformStatus } from '../local/platform.ts';
import { policyPlace } from '../local/policy-place.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import { parseRunConfig } from '../schemas/run-config.ts';
import { CommandError } from './errors.ts';

/**
 * Refuses what would wait for a policy server where the platform came up without one. With a Temporal server of the user's
 * own the workers are elsewhere, and nothing is known of theirs.
 */
export async function refuseWithoutPolicyServer(
  config: Config,
  artifacts: Artifacts,
  input: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (config.temporalAddress !== null) return;
  const place = policyPlace(config);
  const processes = platformStatus(config)?.processes ?? [];
  if (place === 'elsewhere' || processes.some(({ name }) => name === 'policy')) return;
  if (!(await isOfPolicyServer(config, artifacts, input))) return;
  const setUp = place === 'here' ? '' : 'node src/local/setup/setup.mjs, then ';
  throw new CommandError(
    `the policy server is what samples or trains ${JSON.stringify(input['model'])}, and the platform came up without one: ` +
      `${setUp}steadfast down, then this again (an endpoint's model needs none: --api-base, or OPENAI_API_KEY)`,
  );
}

async function isOfPolicyServer(
  { samplerUrls }: Config,
  artifacts: Artifacts,
  input: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const config = parseRunConfig(input, { workflowId: '', machineConcurrency: 1 });
  const { mode, model, apiBase, trainer = 'embedded' } = config;
  // A trainer that is given conversations samples its policies too.
  if (mode === 'train') return TRAINER_CAPABILITIES[trainer].batches === 'samples';
  if (apiBase !== null) return false;
  const version = policyVersionOf(model);
  if (version === null) return true;
  if (samplerUrls.length > 0) return false;
  const manifest = await artifacts.readRunFile(version.run, `${version.path}/manifest.json`);
  // ART samples the versions that it has made.
  return manifest === null || !('sampled_at' in (JSON.parse(manifest) as object));
}
