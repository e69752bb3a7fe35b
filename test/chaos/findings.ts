import type { Outcome } from './row.ts';

/** What checks have found so far; they add to it. */
export class Findings {
  lost = 0;
  doubled = 0;
  leaked = 0;
  readonly broken: string[] = [];

  /** Work that is missing, or whose effects are. */
  lose(what: string): void {
    this.lost++;
    this.broken.push(`lost: ${what}`);
  }

  /** Work that happened, or was recorded, twice. */
  double(what: string): void {
    this.doubled++;
    this.broken.push(`doubled: ${what}`);
  }

  /** Something that nobody would have removed. */
  leak(what: string): void {
    this.leaked++;
    this.broken.push(`leaked: ${what}`);
  }

  /** Anything else that must not be. */
  break(what: string): void {
    this.broken.push(what);
  }

  outcome(recoverySeconds: number | null): Outcome {
    const { lost, doubled, leaked } = this;
    return { lost, doubled, leaked, broken: this.broken.join('; '), recoverySeconds };
  }
}
