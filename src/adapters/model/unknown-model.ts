import { SteadfastError } from '../../domain/failures.ts';
import type { Endpoint } from './endpoints.ts';

const SHOWN = 20;

/** Adds to a `Model.Unknown` the names that the endpoint lists; other errors pass as they are. */
export async function withListed(error: unknown, endpoint: Endpoint): Promise<unknown> {
  if (!(error instanceof SteadfastError) || error.type !== 'Model.Unknown') return error;
  const listed = await endpoint.listed().catch(() => null);
  if (listed === null || listed.length === 0) return error;
  return new SteadfastError('Model.Unknown', `${error.message}; it lists ${shown(listed)}`);
}

function shown(names: readonly string[]): string {
  const first = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${first} and ${names.length - SHOWN} more` : first;
}
