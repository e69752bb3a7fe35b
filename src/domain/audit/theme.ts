import type { FindingKind } from '../findings.ts';
import type { AuditedCall } from './calls.ts';

/** What the audit knows of the instance that is worked on. */
export interface AuditSubject {
  /** Paths of the files that decide, below the repository. */
  readonly decidingFiles: ReadonlySet<string>;
  /** Whether a path below the repository says how tests are run. */
  readonly isHarness: (path: string) => boolean;
  /** `owner/name`, or as the data set names it. */
  readonly repo: string;
}

/** What a theme says of one call. */
export interface Mark {
  readonly kind: FindingKind;
  readonly detail: string;
}

/** One kind of attempt, looked for in one call; `seen` tells whether an earlier call has shown a text. */
export type Theme = (
  call: AuditedCall,
  subject: AuditSubject,
  seen: (text: string) => boolean,
) => readonly Mark[];
