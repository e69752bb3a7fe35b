import { defineSearchAttributeKey, SearchAttributeType, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';

/** The few attributes that people search runs and rollouts by; workers register them before they poll. */
export const SEARCH_ATTRIBUTES = {
  runName: defineSearchAttributeKey('RunName', SearchAttributeType.KEYWORD),
  policyVersion: defineSearchAttributeKey('PolicyVersion', SearchAttributeType.INT),
  instanceId: defineSearchAttributeKey('InstanceId', SearchAttributeType.KEYWORD),
  resolved: defineSearchAttributeKey('Resolved', SearchAttributeType.BOOL),
} as const;

/** What a workflow can be found by; null leaves an attribute out. */
export interface Findable {
  readonly run?: string;
  readonly policyVersion?: number;
  readonly instanceId?: string;
  readonly resolved?: boolean;
}

/** The attributes to start a child with, which costs it no event of its own; none where they are not registered. */
export function findableBy(searchable: boolean, by: Findable): SearchAttributePair[] {
  if (!searchable) return [];
  const pairs: SearchAttributePair[] = [];
  if (by.run !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.runName, value: by.run });
  if (by.policyVersion !== undefined) {
    pairs.push({ key: SEARCH_ATTRIBUTES.policyVersion, value: by.policyVersion });
  }
  if (by.instanceId !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.instanceId, value: by.instanceId });
  if (by.resolved !== undefined) pairs.push({ key: SEARCH_ATTRIBUTES.resolved, value: by.resolved });
  return pairs;
}

/** Adds attributes to this workflow where they are registered; an unregistered one would block it for ever. */
export function makeFindable(searchable: boolean, by: Findable): void {
  const pairs = findableBy(searchable, by);
  if (pairs.length > 0) upsertSearchAttributes(pairs);
}
