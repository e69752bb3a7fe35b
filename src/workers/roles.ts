import type { WorkerOptions } from '@temporalio/worker';
import { TASK_QUEUES } from '../domain/ids.ts';
import { modelActivities, trainerActivities } from './deps.ts';
import { recordsStaff } from './records-staff.ts';
import { sandboxStaff } from './sandbox-staff.ts';
import { hire, type RoleContext, type Staff } from './staff.ts';
import { workflowBundlePath } from './workflow-bundle.ts';

/** What a worker process can be; each is a process of its own, since a busy activity starves workflow tasks. */
export const ROLES = ['workflows', 'records', 'sandbox', 'model', 'trainer'] as const;
export type Role = (typeof ROLES)[number];

/** How the workers of each role are made. */
export const STAFF: Readonly<Record<Role, (context: RoleContext) => Promise<Staff>>> = {
  workflows: async (context) =>
    await one(context, {
      taskQueue: TASK_QUEUES.workflows,
      workflowBundle: { codePath: await workflowBundlePath(context.config.cache) },
      // What a dead worker's sticky queue costs its workflows: 1 s in place of 10.
      stickyQueueScheduleToStartTimeout: '1 s',
      ...versioned(context.config.buildId),
    }),

  records: recordsStaff,

  sandbox: sandboxStaff,

  model: async (context) =>
    await one(context, {
      taskQueue: TASK_QUEUES.model,
      activities: modelActivities(context.deps),
      // Each waits for an endpoint, which has limits of its own.
      maxConcurrentActivityTaskExecutions: 128,
    }),

  trainer: async (context) =>
    await one(context, {
      taskQueue: TASK_QUEUES.trainer,
      activities: trainerActivities(context.deps),
      // One to train, one to build a batch or open another run meanwhile.
      maxConcurrentActivityTaskExecutions: 2,
    }),
};

async function one(context: RoleContext, options: WorkerOptions): Promise<Staff> {
  return { workers: [await hire(context, options)], stop: () => undefined };
}

/**
 * A build with an id takes new runs only once it is made the current version; what is pinned stays with the build that it
 * began on, the rest upgrades. Activities have no version: what they are told is in the workflows' hands.
 */
function versioned(buildId: string | null): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (buildId === null) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: 'steadfast', buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
