import type { Config } from '../config.ts';

/** How many workflows of the embedded server have not ended; it is asked by way of its Web UI. */
export async function countOpenWorkflows(
  config: Pick<Config, 'uiPort' | 'temporalNamespace'>,
): Promise<number> {
  const query = new URLSearchParams({ query: "ExecutionStatus = 'Running'" });
  const namespace = `http://127.0.0.1:${config.uiPort}/api/v1/namespaces/${config.temporalNamespace}`;
  const answer = await fetch(`${namespace}/workflow-count?${query}`, { signal: AbortSignal.timeout(5000) });
  if (!answer.ok)
    throw new Error(`the Temporal server does not say how many runs are open: ${answer.status}`);
  const { count } = (await answer.json()) as { readonly count?: string };
  return Number(count ?? 0);
}
