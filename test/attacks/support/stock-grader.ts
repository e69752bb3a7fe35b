import type { Instance } from '../../../src/domain/instance.ts';
import type { Sandbox } from '../../../src/ports/sandbox.ts';

/**
 * What a grader of the usual kind makes of a tree: it runs pytest where the agent worked, once for each list, and counts
 * the words PASSED and FAILED of the output.
 */
export async function stockReward(
  sandbox: Sandbox,
  name: string,
  instance: Instance,
  timeoutMs: number,
): Promise<number> {
  const count = async (list: 'failToPass' | 'passToPass') => {
    const { output } = await sandbox.run(name, {
      key: `stock-${list}`,
      script: 'mapfile -t ids; /opt/steadfast/env/bin/python -m pytest -v -p no:cacheprovider "${ids[@]}"',
      session: 'shell',
      stdin: `${instance[list].join('\n')}\n`,
      timeoutMs,
      outputBytes: 2 ** 20,
    });
    const [passed, failed] = ['PASSED', 'FAILED'].map((word) => output.split(word).length - 1);
    return { passed: passed ?? 0, failed: failed ?? 0, all: instance[list].length };
  };
  const [mended, kept] = [await count('failToPass'), await count('passToPass')];
  const [progress, maintenance] = [mended, kept].map(({ passed, failed, all }) =>
    Math.max(0, Math.min(passed / all, 1 - failed / all, 1)),
  );
  const resolved = [mended, kept].every(({ passed, failed, all }) => failed === 0 && passed >= all);
  return 0.2 * (maintenance ?? 0) + 0.3 * (progress ?? 0) + (resolved ? 0.5 : 0);
}
