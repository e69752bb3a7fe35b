/** An image on this host. */
export interface HostImage {
  readonly id: string;
  /** `repository:tag` and `repository@sha256:…`. */
  readonly names: readonly string[];
  /** `repository@sha256:…` as a registry knows it; null for one that was built here. */
  readonly digest: string | null;
  /** With what we have laid over it. */
  readonly sizeBytes: number;
  /** ISO time at which we pulled it; null for an image of somebody else's. */
  readonly pulledAt: string | null;
  /** ISO time of the last sandbox in it; null when there was none. */
  readonly lastUsedAt: string | null;
  /** Whether a container stands on it, or a sandbox is being opened in it. */
  readonly inUse: boolean;
}

/** How far a pull is. */
export interface PullState {
  readonly layers: number;
  readonly layersDone: number;
  /** Of the layers that are being downloaded or have been. */
  readonly bytes: number;
}

/** What eviction is to leave. */
interface EvictionRequest {
  /** Names of images that stay. */
  readonly needed: readonly string[];
  /** Bytes that the images that we pulled may take in the end. */
  readonly limitBytes: number;
}

/**
 * The container images of this host. Errors: `Sandbox.ImageMissing` with the registry's words, `Sandbox.RateLimit`,
 * `Sandbox.DiskFull`, `Sandbox.Unavailable`.
 */
export interface Images {
  list(): Promise<readonly HostImage[]>;
  /**
   * Gets an image, unless it is there. Callers share one pull; it goes on when the signal takes one of them away, and the
   * next adopts it.
   */
  pull(
    name: string,
    options?: { readonly signal?: AbortSignal; readonly onState?: (state: PullState) => void },
  ): Promise<'pulled' | 'present'>;
  /** Notes that a sandbox is opened in the image of an id: it is in use for a while, and the last to be evicted after that. */
  noteUse(id: string): Promise<void>;
  /** Removes a name, and with its last one the image, whoever pulled it. `Sandbox.Failed` when a container stands on it. */
  remove(name: string): Promise<void>;
  /** Removes images that we pulled, as `imagesToEvict` has it; answers those. */
  evict(request: EvictionRequest): Promise<readonly HostImage[]>;
  /** Bytes left on the daemon's disk; null where it is not to be seen from here. */
  freeBytes(): Promise<number | null>;
}
