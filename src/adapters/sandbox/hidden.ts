import { SteadfastError } from '../../domain/failures.ts';
import type { SandboxSpec } from '../../ports/sandbox.ts';

/** The paths that opening takes away; `Instance.Invalid` for one that does not stand below /testbed. */
export function hiddenPaths({ hidden = [], instance }: SandboxSpec): readonly string[] {
  const odd = hidden.find((path) => path.split('/').some((part) => ['', '.', '..', '.git'].includes(part)));
  if (odd === undefined) return [...new Set(hidden)].toSorted();
  throw new SteadfastError(
    'Instance.Invalid',
    `${instance.instanceId} hides ${JSON.stringify(odd)}; expected a path below the repository's folder`,
  );
}
