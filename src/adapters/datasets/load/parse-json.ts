import { SteadfastError } from '../../../domain/failures.ts';
import { cut } from '../../../schemas/instance-record.ts';

/** Parses JSON; `Instance.Invalid` names where it stands and what was expected. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const message = `${where} is not JSON (${cut(said)}); expected JSON Lines, one instance a line, or a JSON array`;
    throw new SteadfastError('Instance.Invalid', message, { cause });
  }
}
