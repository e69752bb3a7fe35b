/** Dotted types of failures; a workflow decides by type, a person reads the message. */
export type FailureType =
  | 'Config.Invalid'
  | 'Instance.Invalid'
  | 'Instance.SourceMissing'
  | 'Instance.PatchDoesNotApply'
  | 'Instance.RequirementsMissing'
  | 'Sandbox.Unavailable'
  | 'Sandbox.ImageMissing'
  | 'Sandbox.RateLimit'
  | 'Sandbox.Gone'
  | 'Sandbox.DiskFull'
  | 'Sandbox.Failed'
  | 'Model.Unreachable'
  | 'Model.Silent'
  | 'Model.RateLimit'
  | 'Model.Unknown'
  | 'Model.BadRequest'
  | 'Model.BadResponse'
  | 'Model.Unauthorized'
  | 'Model.ContextOverflow'
  | 'Trainer.Unreachable'
  | 'Trainer.ModelUnavailable'
  | 'Trainer.Conflict'
  | 'Trainer.Doubtful'
  | 'Trainer.OutOfMemory'
  | 'Trainer.Storage'
  | 'Trainer.Failed'
  | 'Artifact.Missing'
  | 'Artifact.Corrupt'
  | 'Artifact.DiskFull'
  | 'Grade.Failed';

/** Types that no retry mends; the rest are retried under the activity's policy. */
const PERMANENT: ReadonlySet<FailureType> = new Set([
  'Config.Invalid',
  'Instance.Invalid',
  'Instance.SourceMissing',
  'Instance.PatchDoesNotApply',
  'Instance.RequirementsMissing',
  'Sandbox.ImageMissing',
  'Model.Unknown',
  'Model.BadRequest',
  'Model.Unauthorized',
  'Model.ContextOverflow',
  'Trainer.ModelUnavailable',
  'Trainer.Conflict',
  // A person has to look: asking again might make the step twice.
  'Trainer.Doubtful',
  'Trainer.OutOfMemory',
  'Artifact.Corrupt',
]);

/** An error that adapters throw and activities turn into a Temporal failure of the same type. */
export class SteadfastError extends Error {
  readonly type: FailureType;
  /** How long a retry should wait, where the other side said so. */
  readonly retryAfterMs: number | null;

  constructor(
    type: FailureType,
    message: string,
    options: { readonly cause?: unknown; readonly retryAfterMs?: number } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = type;
    this.type = type;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** Whether a retry of the same step cannot help. */
export function isPermanent(type: FailureType): boolean {
  return PERMANENT.has(type);
}
