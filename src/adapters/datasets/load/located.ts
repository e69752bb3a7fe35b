/** The data files of a `--data`, found and on this machine. */
export interface Located {
  readonly files: readonly { readonly path: string; /** As messages name it. */ readonly name: string }[];
  /** The commit that a data set of the hub is at; null for what is on this machine. */
  readonly revision: string | null;
  /** Whether a record may name a folder of this machine: a stranger's data set may not. */
  readonly mayNameFolders: boolean;
}
