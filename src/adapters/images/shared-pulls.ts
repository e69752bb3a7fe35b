import { unlessAborted } from '../../domain/unless-aborted.ts';
import type { PullState } from '../../ports/images.ts';

type Outcome = 'pulled' | 'present';

/** A pull under way, and who wants to hear of it. */
interface Pull {
  readonly done: Promise<Outcome>;
  readonly listeners: Set<(state: PullState) => void>;
}

/**
 * One pull of an image for all who want it. It goes on when the one who began it is gone, since a daemon begins anew
 * with one that was broken off: a retry of an activity that took too long finds it here.
 */
export class SharedPulls {
  private readonly pulls = new Map<string, Pull>();
  private readonly pull: (name: string, onState: (state: PullState) => void) => Promise<Outcome>;

  constructor(pull: (name: string, onState: (state: PullState) => void) => Promise<Outcome>) {
    this.pull = pull;
  }

  /** Waits for the pull of a name, which is begun when there is none; rejects with the signal's reason when it fires. */
  async join(name: string, signal?: AbortSignal, onState?: (state: PullState) => void): Promise<Outcome> {
    signal?.throwIfAborted();
    const { done, listeners } = this.pulls.get(name) ?? this.begin(name);
    if (onState !== undefined) listeners.add(onState);
    try {
      return await unlessAborted(done, signal);
    } finally {
      if (onState !== undefined) listeners.delete(onState);
    }
  }

  private begin(name: string): Pull {
    const listeners = new Set<(state: PullState) => void>();
    const done = this.pull(name, (state) => {
      for (const listener of listeners) listener(state);
    }).finally(() => this.pulls.delete(name));
    // All who waited may have left.
    done.catch(() => undefined);
    const pull = { done, listeners };
    this.pulls.set(name, pull);
    return pull;
  }
}
