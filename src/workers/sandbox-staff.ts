import type { HostActivities, SandboxActivities } from '../activities/contract-sandbox.ts';
import type { VerifySandboxActivities } from '../activities/contract-verify.ts';
import { hostQueue, imageQueue, sandboxName, TASK_QUEUES } from '../domain/ids.ts';
import { Leases } from '../local/leases.ts';
import { identify } from '../local/process-identity.ts';
import { askOwnerOf, clientOf } from './ask-server.ts';
import { imageActivities, sandboxActivities } from './deps.ts';
import { hostName, hostSlots } from './host.ts';
import { HostSlots } from './host-slots.ts';
import { REAP_EVERY_MS, reapHost } from './reaper/host.ts';
import { everySoOften } from './reaper/loop.ts';
import { hire, type RoleContext, type Staff } from './staff.ts';

/** Three workers: the shared queue, on which a host takes no more than it has room for, the host's own, and its images'. */
export async function sandboxStaff(context: RoleContext): Promise<Staff> {
  const { config, deps, logger } = context;
  const count = hostSlots(config);
  const host = hostName(config);
  const slots = new HostSlots(count);
  const leases = new Leases(config.home);
  const self = identify(process.pid) ?? null;
  const ask = askOwnerOf(clientOf(context));
  const look = async () =>
    await reapHost({ sandboxes: deps.sandboxes, slots, leases, ask, host, self, logger });
  const { shared, own } = counted(sandboxActivities(config, deps), slots, (name) => {
    // Without it the sandbox is only listed as nobody's until the next look.
    try {
      leases.renew(name, host, self);
    } catch (error) {
      logger.warn({ sandbox: name, reason: String(error) }, 'lease not written');
    }
  });
  const one = { type: 'fixed-size', numSlots: 1 } as const;
  const [, ...workers] = await Promise.all([
    // Before anything is polled: it counts the slots that an earlier process's sandboxes hold.
    look().catch((error: unknown) => logger.warn({ reason: String(error) }, 'reaper failed')),
    hire(context, {
      taskQueue: TASK_QUEUES.sandbox,
      activities: shared,
      tuner: {
        activityTaskSlotSupplier: slots,
        workflowTaskSlotSupplier: one,
        localActivityTaskSlotSupplier: one,
        nexusTaskSlotSupplier: one,
      },
    }),
    hire(context, {
      taskQueue: hostQueue(host),
      activities: own,
      // A tool or grading for each slot and closings beside them: nothing waits here, so a wait means a lost host.
      maxConcurrentActivityTaskExecutions: count * 2,
    }),
    hire(context, {
      taskQueue: imageQueue(host),
      activities: imageActivities(deps),
      // Pulls wait for each other in the adapter; who looks what is there must not wait for them.
      maxConcurrentActivityTaskExecutions: 32,
    }),
  ]);
  return { workers, stop: everySoOften('reaper', REAP_EVERY_MS, look, logger) };
}

/** The activities by queue; opening and closing keep the count of slots, and an opening takes a lease first. */
function counted(
  all: SandboxActivities & HostActivities & VerifySandboxActivities,
  slots: HostSlots,
  takeLease: (name: string) => void,
): { readonly shared: SandboxActivities & VerifySandboxActivities; readonly own: HostActivities } {
  return {
    shared: {
      judgeInstance: async (input) => await all.judgeInstance(input),
      verifyTrajectory: async (input) => await all.verifyTrajectory(input),
      openSandbox: async (input) => {
        const name = sandboxName(input.rollout, input.epoch);
        takeLease(name);
        try {
          const opened = await all.openSandbox(input);
          // Until here the activity's own permit counts.
          slots.hold(name);
          return opened;
        } catch (error) {
          slots.release(name);
          throw error;
        }
      },
    },
    own: {
      runTool: async (input) => await all.runTool(input),
      grade: async (input) => await all.grade(input),
      closeSandbox: async (input) => {
        await all.closeSandbox(input);
        slots.release(sandboxName(input.rollout, input.epoch));
      },
    },
  };
}
