import type { HostActivities } from '../activities/contract-sandbox.ts';
import type { Sandboxes } from '../activities/sandboxes.ts';
import type { Artifacts } from '../ports/artifacts.ts';
import type { Sandbox } from '../ports/sandbox.ts';
import type { Fire } from './failpoints.ts';

/** The keys of tool calls; other commands are not the agent's. */
const TOOL_CALL = /^\d+-\d+$/;

/** An artifact store with the failpoints `artifact.write` and `snapshot.stored`. */
export function failingArtifacts(artifacts: Artifacts, fire: Fire): Artifacts {
  /** Fires while the write is under way. */
  async function amid(write: Promise<string>): Promise<string> {
    write.catch(() => undefined);
    await fire('artifact.write');
    return await write;
  }
  return {
    ...artifacts,
    putJson: async (value) => await amid(artifacts.putJson(value)),
    async putSnapshot(run, rollout, archive) {
      const sha256 = await amid(artifacts.putSnapshot(run, rollout, archive));
      await fire('snapshot.stored');
      return sha256;
    },
  };
}

/** Sandboxes with the failpoints `sandbox.create`, `sandbox.created`, `tool.before` and `tool.after`. */
export function failingSandboxes(sandboxes: Sandboxes, fire: Fire): Sandboxes {
  const failing = (sandbox: Sandbox): Sandbox => ({
    ...sandbox,
    async open(spec, signal) {
      await fire('sandbox.create');
      await sandbox.open(spec, signal);
      await fire('sandbox.created');
    },
    async run(name, command, signal) {
      const isCall = TOOL_CALL.test(command.key);
      if (isCall) await fire('tool.before');
      const result = await sandbox.run(name, command, signal);
      if (isCall) await fire('tool.after');
      return result;
    },
  });
  return {
    choose: async (choice) => failing(await sandboxes.choose(choice)),
    all: async () => (await sandboxes.all()).map(failing),
  };
}

/** `runTool` with the failpoint `tool.report`, when all that is left is to say so. */
export function failingRunTool(runTool: HostActivities['runTool'], fire: Fire): HostActivities['runTool'] {
  return async (input) => {
    const output = await runTool(input);
    await fire('tool.report');
    return output;
  };
}
