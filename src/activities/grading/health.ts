import { randomUUID } from 'node:crypto';
import type { InstanceRef } from '../contract.ts';
import type { Artifacts } from '../../ports/artifacts.ts';
import type { SandboxLimits } from '../../ports/sandbox.ts';
import { readFlake, readReadmission, type Flake } from '../../schemas/health.ts';
import { digestOf } from './cached-run.ts';
import { drawsChance } from './flakes.ts';

/*
 * What is known of an instance beyond its verdict. Writers on several hosts meet without a lock, so no record is shared
 * by two kinds of observation, and an instance is admitted again by naming the very observations that this answers: one
 * that is made meanwhile is not among them, and keeps it quarantined.
 */

/** Who saw outcomes of one patch that differ. */
export type FlakeSource = 'filter' | 'grading' | 'verify';
const SOURCES = ['filter', 'grading', 'verify'] as const satisfies readonly FlakeSource[];

/** How much memory an instance's sandboxes have. */
export type ResourceClass = 'standard' | 'large' | 'huge';
const FACTORS: Readonly<Record<ResourceClass, number>> = { standard: 1, large: 2, huge: 4 };
const LARGER = ['large', 'huge'] as const;

/** The record of an instance. */
export interface Health {
  /** Flakes seen, by who saw them; those that were answered by a re-admission among them. */
  readonly flakes: Readonly<Partial<Record<FlakeSource, number>>>;
  /** Whether it is kept out of training until a filter has judged it again. */
  readonly quarantined: boolean;
  /** Times that a filter has admitted it again. */
  readonly readmissions: number;
  readonly resourceClass: ResourceClass;
  /** Names the newest observations, for `readmit`. */
  readonly observed: readonly string[];
}

/** Kinds of the cache; raise the number when records come to mean something else. */
const FLAKES = 'flakes-1';
const READMISSIONS = 'readmissions-1';
const CLASSES = 'resource-classes-1';

/** Instances looked up at a time: each is four files. */
const AT_ONCE = 64;

/**
 * Reads the record of an instance. What it needs of memory is its environment's matter; a test that is flaky in one
 * environment is trusted in none, since an epoch is ordered before anybody knows where it will run.
 */
export async function healthOf(
  artifacts: Artifacts,
  instanceRef: string,
  environment: string,
): Promise<Health> {
  const classes = LARGER.map((one) => artifacts.getCached(CLASSES, digestOf(instanceRef, environment, one)));
  const [trust, ...known] = await Promise.all([trustIn(artifacts, instanceRef), ...classes]);
  const resourceClass = LARGER.findLast((_, i) => known[i] === true) ?? 'standard';
  return { ...trust, resourceClass };
}

/** Whether an instance is in quarantine, wherever it is to run. */
export async function isQuarantined(artifacts: Artifacts, instanceRef: string): Promise<boolean> {
  return (await trustIn(artifacts, instanceRef)).quarantined;
}

/** A list without the instances that are in quarantine, in its order. */
export async function withoutQuarantined(
  artifacts: Artifacts,
  refs: readonly InstanceRef[],
): Promise<readonly InstanceRef[]> {
  const kept: InstanceRef[] = [];
  for (let from = 0; from < refs.length; from += AT_ONCE) {
    const page = refs.slice(from, from + AT_ONCE);
    const quarantined = await Promise.all(page.map(({ ref }) => isQuarantined(artifacts, ref)));
    kept.push(...page.filter((_, i) => quarantined[i] !== true));
  }
  return kept;
}

/** Records that tests of an instance came out differently twice; it is quarantined from then on. */
export async function noteFlake(
  artifacts: Artifacts,
  instanceRef: string,
  environment: string,
  where: FlakeSource,
): Promise<void> {
  const key = digestOf(instanceRef, where);
  const before = readFlake(await artifacts.getCached(FLAKES, key));
  const flake: Flake = {
    id: randomUUID(),
    count: (before?.count ?? 0) + 1,
    environment,
    at: new Date().toISOString(),
  };
  await artifacts.putCached(FLAKES, key, flake);
}

/**
 * Records that gradings of one patch disagreed. Not where the patch itself draws chance: that says nothing of the instance,
 * and an agent could keep the instances that it fails out of training by it.
 */
export async function noteDisagreement(
  artifacts: Artifacts,
  of: {
    readonly instanceRef: string;
    readonly environment: string;
    readonly where: 'grading' | 'verify';
    readonly patch: string;
  },
): Promise<void> {
  if (!drawsChance(of.patch)) await noteFlake(artifacts, of.instanceRef, of.environment, of.where);
}

/** Ends a quarantine as far as it rests on what `health` has observed. */
export async function readmit(artifacts: Artifacts, instanceRef: string, health: Health): Promise<void> {
  const { observed: answers, readmissions } = health;
  await artifacts.putCached(READMISSIONS, digestOf(instanceRef), {
    answers,
    count: readmissions + 1,
    at: new Date().toISOString(),
  });
}

/** Remembers that an instance ran out of memory below a class. */
export async function noteClass(
  artifacts: Artifacts,
  instanceRef: string,
  environment: string,
  resourceClass: ResourceClass,
): Promise<void> {
  if (resourceClass === 'standard') return;
  await artifacts.putCached(CLASSES, digestOf(instanceRef, environment, resourceClass), true);
}

/** The next class; null above the largest. */
export function largerClass(resourceClass: ResourceClass): ResourceClass | null {
  return LARGER[LARGER.findIndex((one) => one === resourceClass) + 1] ?? null;
}

/** The limits of a sandbox for an instance of that health. */
export function limitsFor(limits: SandboxLimits, health: Pick<Health, 'resourceClass'>): SandboxLimits {
  return { ...limits, memoryBytes: limits.memoryBytes * FACTORS[health.resourceClass] };
}

async function trustIn(artifacts: Artifacts, instanceRef: string): Promise<Omit<Health, 'resourceClass'>> {
  const [answered, ...kept] = await Promise.all([
    artifacts.getCached(READMISSIONS, digestOf(instanceRef)),
    ...SOURCES.map((where) => artifacts.getCached(FLAKES, digestOf(instanceRef, where))),
  ]);
  const readmission = readReadmission(answered);
  const flakes: Partial<Record<FlakeSource, number>> = {};
  const observed: string[] = [];
  for (const [i, where] of SOURCES.entries()) {
    const flake = readFlake(kept[i]);
    if (flake === null) continue;
    flakes[where] = flake.count;
    observed.push(flake.id);
  }
  const quarantined = observed.some((id) => readmission?.answers.includes(id) !== true);
  return { flakes, quarantined, readmissions: readmission?.count ?? 0, observed };
}
