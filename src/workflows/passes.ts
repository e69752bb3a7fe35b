import type { InstanceList, InstanceRef } from '../activities/contract.ts';
import type { EpochInput, Pass } from './inputs.ts';
import { InstanceCursor } from './instance-cursor.ts';
import { shuffledList } from './shuffled-list.ts';

/**
 * The instances of an epoch in its order, or of several epochs one after another, so that the first groups of one are sampled
 * beside the last steps of the one before. Each order is drawn when its turn comes, without what is in quarantine by then.
 */
export class Passes {
  private readonly input: EpochInput;
  private now: Pass;
  private cursor: InstanceCursor;

  /** `carried` is of an earlier execution. */
  constructor(input: EpochInput, carried: Pass | undefined) {
    this.input = input;
    this.now = carried ?? { number: input.number ?? 1, from: 0, list: input.list };
    this.cursor = new InstanceCursor(input.context, this.now.list);
  }

  /** The pass that the last instance was of. */
  get current(): Pass {
    return this.now;
  }

  /** Position after the last instance; null while the orders of passes are to come. */
  get end(): number | null {
    return this.left > 0 ? null : this.endOfThis;
  }

  /** How many instances there will be, unless some go into quarantine. */
  get expected(): number {
    return this.endOfThis + this.left * (this.input.further?.list.count ?? 0);
  }

  /** The instance at a position, which only grows; null after the last. */
  async at(position: number): Promise<InstanceRef | null> {
    while (position >= this.endOfThis) {
      const { further } = this.input;
      if (further === undefined || this.left === 0) return null;
      await this.turn(further.list);
    }
    return await this.cursor.at(position - this.now.from);
  }

  private get endOfThis(): number {
    return this.now.from + this.now.list.count;
  }

  /** Passes after this one. */
  private get left(): number {
    const { further } = this.input;
    return further === undefined ? 0 : further.last - this.now.number;
  }

  private async turn(instances: InstanceList): Promise<void> {
    const number = this.now.number + 1;
    const list = await shuffledList(this.input.context, instances, number);
    this.now = { number, from: this.endOfThis, list };
    this.cursor = new InstanceCursor(this.input.context, list);
  }
}
