import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { ImageActivities, ImageListActivities } from '../activities/contract-images.ts';
import type { HostActivities, SandboxActivities } from '../activities/contract-sandbox.ts';
import type { ModelActivities, RecordActivities } from '../activities/contract.ts';
import type { TrainerActivities } from '../activities/contract-trainer.ts';
import type { VerifyRecordActivities, VerifySandboxActivities } from '../activities/contract-verify.ts';
import { imageQueue, TASK_QUEUES } from '../domain/ids.ts';

/*
 * How long each step may take and how often it is tried again: one table, each number with its reason. Permanent
 * failures are thrown as non-retryable by the activities themselves, so no list of types stands here. All patience is
 * counted in attempts: Temporal's clocks go on while everything is down, and a laptop that slept over night must not find
 * its steps given up.
 */

/** Activities that hold something open answer a cancellation themselves, and clean up before they do. */
const WAIT = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/**
 * Without a heartbeat for this long a worker counts as dead: five missed beats, since a loaded machine is slow to beat.
 * A run's own `heartbeat_seconds` takes its place where the run is known (said.ts).
 */
const HEARTBEAT = '20 s';

/**
 * A restarted worker polls its host's queue within seconds, so a queue left alone for this long has lost its host. A
 * false alarm costs one opening and no more: a rollout moves with the exact state of its sandbox.
 */
const HOST_LOST_AFTER = '30 s';

export const TABLE = {
  /** Small files and hashes. A full disk mends within minutes; 64 attempts are 15 of them, and later it is a failure. */
  records: {
    taskQueue: TASK_QUEUES.records,
    startToCloseTimeout: '2 min',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '500 ms', maximumInterval: '15 s', maximumAttempts: 64 },
  },
  /**
   * No schedule-to-start limit: the task waits for a slot of a host as long as the hosts are full. 10 minutes leave
   * time to pull an image; 8 attempts with back-off are 2 minutes of a restarting daemon.
   */
  openSandbox: {
    taskQueue: TASK_QUEUES.sandbox,
    startToCloseTimeout: '10 min',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 8 },
  },
  /**
   * Eight runs of the listed tests with the bug and eight without, of half an hour at most where a data set's script makes
   * them, and some made again; heartbeats tell of a dead worker. 3 attempts, since a cause that stays is a reason to reject.
   */
  judge: {
    taskQueue: TASK_QUEUES.sandbox,
    startToCloseTimeout: '10 h',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '10 s', maximumAttempts: 3 },
  },
  /**
   * A command has its own limit inside the sandbox (60 s by default); half an hour is only for one that a run's
   * configuration gives more. A retry adopts the kept result, so 5 attempts are cheap and the first comes at once; they
   * end within 4 s, after which the rollout moves.
   */
  runTool: {
    startToCloseTimeout: '30 min',
    scheduleToStartTimeout: HOST_LOST_AFTER,
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '200 ms', maximumInterval: '10 s', maximumAttempts: 5 },
  },
  /**
   * 120 s and 0.05 s a test, eight times at worst (the patch, the untouched tree and the control, each made again when in
   * doubt, and a second opinion), or half an hour each where a data set's script runs them: 5 hours cover both. Heartbeats
   * tell of a dead worker long before.
   */
  grade: {
    startToCloseTimeout: '5 h',
    scheduleToStartTimeout: HOST_LOST_AFTER,
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '15 s', maximumAttempts: 4 },
  },
  /** Ending processes takes seconds; what stays open after 5 attempts is left to the host's reaper. */
  closeSandbox: {
    startToCloseTimeout: '1 min',
    scheduleToStartTimeout: HOST_LOST_AFTER,
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '500 ms', maximumInterval: '10 s', maximumAttempts: 5 },
  },
  /** Asked before anything is opened, so a person is waiting: 4 attempts are 7 seconds. Loading may download the weights first. */
  checkModel: {
    taskQueue: TASK_QUEUES.model,
    startToCloseTimeout: '2 h',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumAttempts: 4 },
  },
  /**
   * One call of a reasoning model may take 15 minutes (`model_timeout_seconds` at most); an endpoint that is overloaded or
   * restarting (429, 5xx, refused) is asked 64 times, which is half an hour, before its rollout gives up. The activity
   * itself gives up on one that is silent: 64 of those would be most of a day.
   */
  sampleTurn: {
    taskQueue: TASK_QUEUES.model,
    startToCloseTimeout: '16 min',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 64 },
  },
  /** Loading may download the weights first; 10 attempts are the 4 minutes that a server needs to come up. */
  openTraining: {
    taskQueue: TASK_QUEUES.trainer,
    startToCloseTimeout: '2 h',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 10 },
  },
  /** Reads every trajectory of a batch and writes the batch: a full disk is waited for as with records. */
  buildBatch: {
    taskQueue: TASK_QUEUES.trainer,
    startToCloseTimeout: '15 min',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '15 s', maximumAttempts: 64 },
  },
  /**
   * A step of a large model takes hours. It is its own key, so it is asked for until the trainer is back: an attempt waits
   * for a minute, so that 1,000 are the best part of a day.
   */
  trainStep: {
    taskQueue: TASK_QUEUES.trainer,
    startToCloseTimeout: '12 h',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 1000 },
  },
  /** Asks and deletes folders. What stays for want of room to work is deleted after the next step. */
  pruneCheckpoints: {
    taskQueue: TASK_QUEUES.trainer,
    startToCloseTimeout: '10 min',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 8 },
  },
  /**
   * Some GB through a slow line, then tens of thousands of records into the store, or, of those kept, into a file. What was
   * downloaded is kept, so each attempt goes on; 20 are the 8 minutes of a hub that is away.
   */
  wholeData: {
    taskQueue: TASK_QUEUES.records,
    startToCloseTimeout: '2 h',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 20 },
  },
  /**
   * A grading without anything kept: as long as one, with as many attempts. No schedule-to-start limit: it waits for a slot
   * of a host as an opening does.
   */
  verifyTrajectory: {
    taskQueue: TASK_QUEUES.sandbox,
    startToCloseTimeout: '5 h',
    heartbeatTimeout: HEARTBEAT,
    cancellationType: WAIT,
    retry: { initialInterval: '1 s', maximumInterval: '15 s', maximumAttempts: 4 },
  },
  /** A data set of the hub may be large, and is downloaded once; 4 attempts for a hub that answers late. */
  planPulls: {
    taskQueue: TASK_QUEUES.records,
    startToCloseTimeout: '30 min',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 4 },
  },
  /** A daemon with hundreds of images lists them in seconds; one that is being restarted is back in minutes. */
  missingImages: {
    startToCloseTimeout: '2 min',
    heartbeatTimeout: HEARTBEAT,
    retry: { initialInterval: '1 s', maximumInterval: '30 s', maximumAttempts: 10 },
  },
  /**
   * Several GB through a slow line. Nothing else is lost by a broken connection than the image, so the third refusal is the
   * last. A registry's limit and a full disk are the workflow's to wait for, or to end by.
   */
  pullImage: {
    startToCloseTimeout: '2 h',
    heartbeatTimeout: HEARTBEAT,
    retry: {
      initialInterval: '5 s',
      maximumInterval: '1 min',
      maximumAttempts: 3,
      nonRetryableErrorTypes: ['Sandbox.RateLimit', 'Sandbox.DiskFull'],
    },
  },
} as const satisfies Record<string, ActivityOptions>;

export const records = proxyActivities<RecordActivities>(TABLE.records);
export const { loadInstances, recordKept } = proxyActivities<RecordActivities>(TABLE.wholeData);
export const verifyRecords = proxyActivities<VerifyRecordActivities>(TABLE.records);
export const { verifyTrajectory } = proxyActivities<VerifySandboxActivities>(TABLE.verifyTrajectory);
export const { openSandbox } = proxyActivities<SandboxActivities>(TABLE.openSandbox);
export const { judgeInstance } = proxyActivities<SandboxActivities>(TABLE.judge);
export const { checkModel } = proxyActivities<ModelActivities>(TABLE.checkModel);
export const { sampleTurn } = proxyActivities<ModelActivities>(TABLE.sampleTurn);
export const { openTraining } = proxyActivities<TrainerActivities>(TABLE.openTraining);
export const { buildBatch } = proxyActivities<TrainerActivities>(TABLE.buildBatch);
export const { trainStep } = proxyActivities<TrainerActivities>(TABLE.trainStep);
export const { pruneCheckpoints } = proxyActivities<TrainerActivities>(TABLE.pruneCheckpoints);

/** The activities of the host that holds a sandbox. */
export function onHost(taskQueue: string) {
  const { runTool } = proxyActivities<HostActivities>({ ...TABLE.runTool, taskQueue });
  const { grade } = proxyActivities<HostActivities>({ ...TABLE.grade, taskQueue });
  const { closeSandbox } = proxyActivities<HostActivities>({ ...TABLE.closeSandbox, taskQueue });
  return { runTool, grade, closeSandbox };
}

export const { planPulls } = proxyActivities<ImageListActivities>(TABLE.planPulls);

/**
 * The activities on a host's images. `patience` is how long they wait for a worker of the host: a name that no host has is
 * told from one that is away for a while by the first of them.
 */
export function onImagesOf(host: string, patience: '1 min' | '1 day') {
  const shared = { taskQueue: imageQueue(host), scheduleToStartTimeout: patience } as const;
  const { missingImages } = proxyActivities<ImageActivities>({ ...TABLE.missingImages, ...shared });
  const { pullImage } = proxyActivities<ImageActivities>({ ...TABLE.pullImage, ...shared });
  return { missingImages, pullImage };
}
