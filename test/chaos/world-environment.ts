import { join } from 'node:path';

/** Variables that hold what must turn up nowhere. */
const SECRETS = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'HF_TOKEN', 'AWS_SECRET_ACCESS_KEY'] as const;

/** The environment of a world's processes: places and ports of its own, and a canary in place of each secret. */
export function workerEnvironment(
  world: {
    readonly root: string;
    readonly store: string;
    readonly failpoints: string;
    readonly canary: string;
  },
  ports: readonly [temporal: number, ui: number, policy: number],
  env: Readonly<Record<string, string>>,
): Readonly<Record<string, string | undefined>> {
  const { root, store, failpoints, canary } = world;
  const [temporal, ui, policy] = ports.map(String);
  return {
    ...process.env,
    ...Object.fromEntries(SECRETS.map((name) => [name, `${canary}-${name.toLowerCase()}`])),
    STEADFAST_HOME: join(root, 'home'),
    STEADFAST_STORE: store,
    STEADFAST_TEMPORAL_PORT: temporal,
    STEADFAST_UI_PORT: ui,
    STEADFAST_POLICY_PORT: policy,
    STEADFAST_FAILPOINTS: failpoints,
    ...env,
  };
}
