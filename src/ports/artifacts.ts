/** Content-addressed blobs, and a run's readable files derived whole from them. Errors are `Artifact.*`. */
export interface Artifacts {
  /** Stores JSON under the sha256 of its text and answers that hash. */
  putJson(value: unknown): Promise<string>;
  /** Reads and checks a blob; `Artifact.Corrupt` when its content is not what its name says. */
  getJson(sha256: string): Promise<unknown>;
  /** Writes (whole, by rename) a file below runs/<run>/; one that no string could hold comes in pieces. */
  writeRunFile(run: string, path: string, content: string | AsyncIterable<string>): Promise<void>;
  readRunFile(run: string, path: string): Promise<string | null>;
  /** Paths below runs/<run>/<folder>, sorted. */
  listRunFiles(run: string, folder: string): Promise<readonly string[]>;
  /** Stores a rollout's snapshot under the sha256 of its bytes and answers that hash. */
  putSnapshot(run: string, rollout: string, archive: Buffer): Promise<string>;
  /** Reads and checks a snapshot; `Artifact.Missing` or `Artifact.Corrupt` where it is not as it was. */
  getSnapshot(run: string, rollout: string, sha256: string): Promise<Buffer>;
  /** Removes a rollout's snapshots that are older than each of those named; all of them where none is named. */
  dropSnapshots(run: string, rollout: string, keep: readonly string[]): Promise<void>;
  /** A small value that a later run may find again by its key (verdicts, gradings). */
  putCached(kind: string, key: string, value: unknown): Promise<void>;
  getCached(kind: string, key: string): Promise<unknown>;
  /** Where other processes of this machine find a blob or a run's folder. */
  blobPath(sha256: string): string;
  runPath(run: string, path: string): string;
}
