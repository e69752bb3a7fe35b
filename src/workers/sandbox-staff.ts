import type { HostActivities, SandboxActivities } from '../activities/contract.ts';
import { hostQueue, TASK_QUEUES } from '../domain/ids.ts';
import { sandboxActivities } from './deps.ts';
import { hostName, hostSlots } from './host.ts';
import { HostSlots } from './host-slots.ts';
import { askOf, hire, type RoleContext, type Staff } from './staff.ts';
import { sweep, sweepRegularly } from './sweep.ts';

/** Two workers: the shared queue, on which a host takes no more than it has room for, and the host's own. */
export async function sandboxStaff(context: RoleContext): Promise<Staff> {
  const { config, deps, logger } = context;
  const count = hostSlots(config);
  const slots = new HostSlots(count);
  const look = async () => await sweep(deps.sandboxes, slots, askOf(context), logger);
  await look().catch((error: unknown) => logger.warn({ reason: String(error) }, 'sweep failed'));
  const { shared, own } = counted(sandboxActivities(config, deps), slots);
  const one = { type: 'fixed-size', numSlots: 1 } as const;
  const workers = [
    await hire(context, {
      taskQueue: TASK_QUEUES.sandbox,
      activities: shared,
      tuner: {
        activityTaskSlotSupplier: slots,
        workflowTaskSlotSupplier: one,
        localActivityTaskSlotSupplier: one,
        nexusTaskSlotSupplier: one,
      },
    }),
    await hire(context, {
      taskQueue: hostQueue(hostName(config)),
      activities: own,
      // A tool or grading for each slot and closings beside them: nothing waits here, so a wait means a lost host.
      maxConcurrentActivityTaskExecutions: count * 2,
    }),
  ];
  return { workers, stop: sweepRegularly(look, logger) };
}

/** The activities by queue; opening and closing keep the count of slots. */
function counted(
  all: SandboxActivities & HostActivities,
  slots: HostSlots,
): { readonly shared: SandboxActivities; readonly own: HostActivities } {
  return {
    shared: {
      judgeInstance: async (input) => await all.judgeInstance(input),
      openSandbox: async (input) => {
        slots.hold(input.rollout);
        try {
          return await all.openSandbox(input);
        } catch (error) {
          slots.release(input.rollout);
          throw error;
        }
      },
    },
    own: {
      runTool: async (input) => await all.runTool(input),
      grade: async (input) => await all.grade(input),
      closeSandbox: async (input) => {
        await all.closeSandbox(input);
        slots.release(input.rollout);
      },
    },
  };
}
