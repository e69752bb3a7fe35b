import { readScriptedInstances } from '../../support/scripted-policy.ts';
import { COUNTED } from '../check-records.ts';
import type { Draws } from '../random.ts';
import type { Row } from '../row.ts';
import { EXAMPLE_DATA } from '../run-input.ts';
import {
  MISBEHAVIOURS,
  type MisbehavingEndpoint,
  startMisbehaving,
  startRefusing,
} from '../support/misbehaving-endpoint.ts';
import { type OneRun, oneRunRow } from '../support/one-run.ts';
import type { WorldOptions } from '../world-options.ts';

/** Tool calls of the script; one more request ends the conversation. */
const TURNS = 4;
const SCRIPTED = { script: 'counting', turns: TURNS } as const;
/** One world for all rows. */
const IMPATIENT: WorldOptions = { endpoint: SCRIPTED, run: { model_timeout_seconds: 2 } };

type Start = (draws: Draws, first: number) => Promise<MisbehavingEndpoint>;

/** Model endpoints that misbehave in the middle of a rollout; each try is a run of one rollout with an endpoint of its own. */
export const modelRows: readonly Row[] = [
  modelRow('model-rate-limit-after', '429 with Retry-After', spoilt('rate-limit-after')),
  modelRow('model-rate-limit', '429 without Retry-After', spoilt('rate-limit')),
  modelRow('model-500', '500', spoilt('error-500')),
  modelRow('model-502', '502', spoilt('error-502')),
  modelRow('model-503', '503', spoilt('error-503')),
  modelRow('model-refused', 'connection refused', async (draws, first) => {
    return await startRefusing(scripted(), { first, awayMs: draws.between(200, 3000) });
  }),
  modelRow('model-reset', 'reset mid-body', spoilt('reset')),
  modelRow('model-truncated', 'truncated JSON', spoilt('truncated')),
  modelRow('model-empty-choices', 'empty choices', spoilt('empty-choices')),
  modelRow('model-endless', 'endless stream', spoilt('endless-fast', 'endless-slow')),
  modelRow('model-silence', 'silence', spoilt('silence')),
];

function modelRow(name: string, title: string, start: Start): Row {
  const plan = async (_world: unknown, draws: Draws): Promise<OneRun> => {
    const endpoint = await start(draws, Math.floor(draws.between(0, TURNS + 1)));
    return {
      input: { api_base: endpoint.url },
      expected: { ...COUNTED, scored: 1, turns: TURNS },
      recovery: () => endpoint.recoverySeconds(),
      more: async (_run, findings) => {
        if (endpoint.recoverySeconds() === null) findings.break('the endpoint was not asked again');
      },
      end: async () => await endpoint.close(),
    };
  };
  return oneRunRow({
    name,
    title: `model endpoint: ${title}`,
    tries: 50,
    short: 1,
    parallel: 8,
    world: IMPATIENT,
    plan,
  });
}

function scripted() {
  return { ...SCRIPTED, instances: readScriptedInstances(EXAMPLE_DATA) };
}

function spoilt(kind: keyof typeof MISBEHAVIOURS, ...others: (keyof typeof MISBEHAVIOURS)[]): Start {
  return async (draws, first) => {
    const spoil = MISBEHAVIOURS[draws.pick([kind, ...others])];
    return await startMisbehaving(scripted(), { spoil, first, times: draws.pick([1, 1, 2]) });
  };
}
