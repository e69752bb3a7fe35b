import type { InstanceList, InstanceRef } from '../activities/contract.ts';
import { records } from './activities.ts';
import type { RunContext } from './inputs.ts';
import { said } from './said.ts';

/** References that one activity answers: 32 of them stay below 8 KiB. */
const PAGE = 32;

/** Reads a stored list by position, a page at a time, so that no history carries the list. */
export class InstanceCursor {
  private from = 0;
  private page: readonly InstanceRef[] = [];

  private readonly list: InstanceList;

  private readonly context: RunContext;

  constructor(context: RunContext, list: InstanceList) {
    this.context = context;
    this.list = list;
  }

  /** The instance at a position below the list's count. */
  async at(position: number): Promise<InstanceRef> {
    const cached = this.page[position - this.from];
    if (cached !== undefined) return cached;
    this.from = position;
    const count = Math.min(PAGE, this.list.count - position);
    this.page = await records.readInstances.executeWithOptions(
      said(this.context, `instances ${position + 1} to ${position + count} of ${this.list.count}`),
      [{ list: this.list.ref, from: position, count }],
    );
    const first = this.page[0];
    if (first === undefined) throw new Error(`position ${position} is not in the list`);
    return first;
  }
}
